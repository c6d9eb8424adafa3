#!/bin/bash
# Usage: scripts/test-sanitizers.sh [address|thread]…
#
# Builds core's tests with AddressSanitizer and with ThreadSanitizer, runs them, and leaves the
# results in results/core-tests-<sanitizer>.xml below the directory that BUILD_ROOT names (default:
# build). Status 0 if all passed.

set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/test-environment.sh

build_root=$(realpath -m "${BUILD_ROOT:-build}")
mkdir -p "$build_root/results"

# GCC warns that ThreadSanitizer does not know fences. Between those of the session table every word
# is atomic by itself, so no race is made up.
build() {
  local warnings=
  if [ "$1" = thread ]; then warnings=-Wno-tsan; fi
  cmake -S . -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS="$warnings" \
    -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DCROWD_CONFLUENCE_SANITIZE="$1" >"$2.log" 2>&1 &&
    cmake --build "$2" --target core_tests >>"$2.log" 2>&1
}

test_with() {
  local sanitizer=$1 directory=$build_root/$1
  build "$sanitizer" "$directory" || {
    tail -n 50 "$directory.log"
    return 1
  }
  run_ctest "$directory" "$build_root/results/core-tests-$sanitizer.xml" \
    --tests-regex '^core_tests$' --no-tests=error
}

# A report of a sanitizer ends the executable with a failure, also when every test case passed.
export ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS-}"
export TSAN_OPTIONS="exitcode=66:${TSAN_OPTIONS-}"

status=0
[ $# -gt 0 ] || set -- address thread
for sanitizer; do
  case $sanitizer in
    address | thread)
      timed "testing core with the $sanitizer sanitizer" test_with "$sanitizer" || status=1
      ;;
    *)
      echo "$0: unknown sanitizer '$sanitizer': address or thread" >&2
      exit 2
      ;;
  esac
done
exit "$status"
