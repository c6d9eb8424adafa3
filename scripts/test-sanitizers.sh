#!/bin/bash
# Usage: scripts/test-sanitizers.sh [address|thread]…
#
# Builds core and the module with AddressSanitizer and with ThreadSanitizer, runs core's tests and
# those of the module in a real httpd (as chosen in tests/module/sanitizer.cmake), and leaves the
# results in results/tests-<sanitizer>.xml below the directory that BUILD_ROOT names (default:
# build). Status 0 if all passed.

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
# runs as fast, as the tests mostly wait. What sends the requests is that of the ordinary build.
build() {
  {
    build_what_sends_requests &&
      configure "$2" -DCROWD_CONFLUENCE_SANITIZE="$1" \
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O0 -g1" \
        -DCROWD_CONFLUENCE_MODULE_TESTS="$build_root/test/tests/module/module_tests" &&
      cmake --build "$2" --target core_tests mod_crowd_confluence
  } >"$2.log" 2>&1
}

# TESTS_ARE_BUILT says that they are, and are in use just now.
build_what_sends_requests() {
  [ -n "${TESTS_ARE_BUILT-}" ] || {
    configure "$build_root/test" && cmake --build "$build_root/test" --target module_tests
  }
}

build_with() {
  timed "building with the $1 sanitizer" build "$1" "$build_root/$1" || {
    tail -n 50 "$build_root/$1.log"
    return 1
  }
}

test_with() {
  # More at a time than there are processors: most of the time they wait.
  timed "testing with the $1 sanitizer" \
    run_ctest "$build_root/$1" "$build_root/results/tests-$1.xml" \
    --tests-regex '^(core_tests|module_.*)$' --parallel 3 --no-tests=error
}

# A report of a sanitizer ends the executable with a failure, also when every test case passed. The
# tests of the module choose httpd's options themselves.
export ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS-}"
export TSAN_OPTIONS="exitcode=66:suppressions=$PWD/tests/suppressions/threads.txt:${TSAN_OPTIONS-}"

[ $# -gt 0 ] || set -- address thread
for sanitizer; do
  case $sanitizer in
    address | thread) ;;
    *)
      echo "$0: unknown sanitizer '$sanitizer': address or thread" >&2
      exit 2
      ;;
  esac
done

# The tests of one sanitizer go on beside the build with the next one: they mostly wait.
status=0
for sanitizer; do
  if build_with "$sanitizer"; then
    finish_background || status=1
    in_background test_with "$sanitizer"
  else
    status=1
  fi
done
finish_background || status=1
exit "$status"
