#!/bin/bash
# Usage: scripts/test-sanitizers.sh [--build|--run] [address|thread]…
#
# Builds core and the module with AddressSanitizer and with ThreadSanitizer, runs core's tests and
# those of the module in a real httpd (as chosen in tests/module/sanitizer.cmake), and leaves the
# results in results/tests-<sanitizer>.xml below the directory that BUILD_ROOT names (default:
# build). Status 0 if all passed.
#
#   --build   only builds, beside an ordinary build that is there already
#   --run     only runs what was built

set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/test-environment.sh

build_root=$(realpath -m "${BUILD_ROOT:-build}")
mkdir -p "$build_root/results"

# ThreadSanitizer has places in memory of its own, where a kernel may put something else at random.
if setarch --addr-no-randomize true 2>/dev/null; then
  ctest() { setarch --addr-no-randomize ctest "$@"; }
fi

# Everything that a sanitizer is to look at, without optimization: it compiles in half the time, and
# runs as fast, as the tests mostly wait. The rest is that of the ordinary build.
build() {
  local sanitizer=$1 directory=$build_root/test-$1 plain=$build_root/test
  {
    { ! $runs || { configure_plain "$plain" && cmake --build "$plain" --target module_tests; }; } &&
      configure "$directory" -DCROWD_CONFLUENCE_SANITIZE="$sanitizer" \
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O0 -g1" \
        -DCROWD_CONFLUENCE_PLAIN_BUILD="$plain" &&
      cmake --build "$directory" --target core_tests mod_crowd_confluence
  } >"$directory.log" 2>&1 || {
    tail -n 50 "$directory.log"
    return 1
  }
}

# More at a time than there are processors: most of the time they wait.
run() {
  timed "testing with the $1 sanitizer" \
    run_ctest "$build_root/test-$1" "$build_root/results/tests-$1.xml" \
    --tests-regex '^(core|module)_' --parallel 2 --no-tests=error \
    >"$build_root/test-$1.tests.log" 2>&1
}

# A report of a sanitizer ends the executable with a failure, also when every test case passed. The
# tests of the module choose httpd's options themselves.
export ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS-}"
export TSAN_OPTIONS="exitcode=66:suppressions=$PWD/tests/suppressions/threads.txt:${TSAN_OPTIONS-}"

builds=true
runs=true
sanitizers=()
for argument; do
  case $argument in
    --build) runs=false ;;
    --run) builds=false ;;
    address | thread) sanitizers+=("$argument") ;;
    *)
      echo "$0: unknown sanitizer '$argument': address or thread" >&2
      exit 2
      ;;
  esac
done
[ ${#sanitizers[@]} -gt 0 ] || sanitizers=(address thread)

status=0
if $builds; then
  for sanitizer in "${sanitizers[@]}"; do
    timed "building with the $sanitizer sanitizer" build "$sanitizer" || status=1
  done
fi
if $runs && [ "$status" -eq 0 ]; then
  # At the same time, each with an output of its own.
  for sanitizer in "${sanitizers[@]}"; do
    in_background run "$sanitizer"
  done
  for index in "${!sanitizers[@]}"; do
    wait "${background[index]}" || status=1
    cat "$build_root/test-${sanitizers[index]}.tests.log"
  done
fi
exit "$status"
