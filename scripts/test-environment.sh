# shellcheck shell=bash
# Sourced by test.sh and scripts/test-sanitizers.sh: how tests are built, and run so that they can
# be counted.

# Every Boost.Test executable ends with its numbers in XML, whichever way it was started.
export BOOST_TEST_REPORT_FORMAT=XML BOOST_TEST_REPORT_LEVEL=short BOOST_TEST_COLOR_OUTPUT=no

# configure BUILD_DIRECTORY ARGUMENT… : with the preset dev.
configure() {
  local build=$1
  shift
  cmake -S . --preset dev -B "$build" "$@"
}

# configure_plain BUILD_DIRECTORY : the build without a sanitizer. Core and module are optimized as for
# their users.
configure_plain() {
  configure "$1" -DCMAKE_BUILD_TYPE=Release
}

# run_ctest BUILD_DIRECTORY JUNIT_FILE ARGUMENT… : ctest with what counting needs.
run_ctest() {
  local build=$1 junit=$2
  shift 2
  rm -f "$junit"
  # The numbers stand at the end of the output, which ctest would cut off. A test that names no
  # TIMEOUT of its own gets this one.
  ctest --test-dir "$build" --output-on-failure --timeout 120 --output-junit "$junit" \
    --test-output-size-passed 4194304 --test-output-size-failed 4194304 "$@"
}

# timed WHAT COMMAND… : runs it and prints how long it took, whether or not it succeeded.
timed() {
  local what=$1 start=$SECONDS status=0
  shift
  echo "==> $what"
  "$@" || status=$?
  echo "==> $what: $((SECONDS - start)) s"
  return "$status"
}

# in_background COMMAND… : starts it in a process group of its own, which ends with the script at the
# latest. Its process is the last one in the array background.
background=()
in_background() {
  set -m
  "$@" &
  set +m
  background+=($!)
  trap end_background EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
end_background() {
  local group
  for group in "${background[@]}"; do
    kill -- "-$group" 2>/dev/null
  done
  return 0
}
