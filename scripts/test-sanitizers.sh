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
  local plain=$build_root/test
  {
    configure "$plain" &&
      cmake --build "$plain" --target module_tests &&
      configure "$2" -DCROWD_CONFLUENCE_SANITIZE="$1" \
        -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O0 -g1" \
        -DCROWD_CONFLUENCE_MODULE_TESTS="$plain/tests/module/module_tests" &&
      cmake --build "$2" --target core_tests mod_crowd_confluence
  } >"$2.log" 2>&1
}

test_with() {
  local sanitizer=$1 directory=$build_root/$1
  timed "building with the $sanitizer sanitizer" build "$sanitizer" "$directory" || {
    tail -n 50 "$directory.log"
    return 1
  }
  # More at a time than there are processors: most of the time they wait.
  run_ctest "$directory" "$build_root/results/tests-$sanitizer.xml" \
    --tests-regex '^(core_tests|module_.*)$' --parallel 3 --no-tests=error
}

# A report of a sanitizer ends the executable with a failure, also when every test case passed. The
# tests of the module choose httpd's options themselves.
export ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS-}"
export TSAN_OPTIONS="exitcode=66:suppressions=$PWD/tests/suppressions/threads.txt:${TSAN_OPTIONS-}"

status=0
[ $# -gt 0 ] || set -- address thread
for sanitizer; do
  case $sanitizer in
    address | thread)
      timed "testing with the $sanitizer sanitizer" test_with "$sanitizer" || status=1
      ;;
    *)
      echo "$0: unknown sanitizer '$sanitizer': address or thread" >&2
      exit 2
      ;;
  esac
done
exit "$status"
