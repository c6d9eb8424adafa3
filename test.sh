#!/bin/bash
# Usage: ./test.sh [--quick] [CTEST-ARGUMENT…]
#
# Installs what is missing (Debian), builds everything and runs every test. The last line says
# "N passed, N failed" and counts test cases. Status 0 only if a test ran and none failed.
#
#   --quick    leaves out the builds with sanitizers
#   --tidy     also looks for mistakes with clang-tidy, as the continuous integration does, unless the
#              rest has taken so long that it might not end within twenty minutes
#   -R REGEX   and whatever else ctest understands is passed on to it; -R also leaves out the
#              sanitizers
#
# BUILD_ROOT names the directory to build in (default: build, beside this file).

set -uo pipefail
cd "$(dirname "$0")" || exit
. scripts/test-environment.sh

sanitizers=true
tidy=false
ctest_arguments=()
for argument; do
  case $argument in
    --quick) sanitizers=false ;;
    --tidy) tidy=true ;;
    -h | --help)
      sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *)
      # A selection is meant for the ordinary build.
      sanitizers=false
      ctest_arguments+=("$argument")
      ;;
  esac
done

BUILD_ROOT=$(realpath -m "${BUILD_ROOT:-build}")
export BUILD_ROOT
build=$BUILD_ROOT/test
results=$BUILD_ROOT/results

# Ends with the line of totals, so that whoever reads only the last line learns of the failure, too.
give_up() {
  echo "test.sh: $1" >&2
  echo "0 passed, 1 failed"
  exit 1
}

# Only configured, for Clang.
look_with_clang_tidy() {
  local directory=$BUILD_ROOT/tidy
  if ! command -v clang++ >/dev/null || ! command -v clang-tidy >/dev/null; then
    echo "clang-tidy is not installed: left out"
    return
  fi
  cmake --preset release -B "$directory" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
    -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ >"$directory.log" 2>&1 ||
    { cat "$directory.log"; return 1; }
  timed "looking with clang-tidy" nice -n 19 scripts/clang-tidy.py "$directory"
}

rm -rf "$results"
mkdir -p "$results"

timed "installing what is missing" scripts/install-build-deps.sh test ||
  give_up "packages could not be installed"
timed "configuring" configure_plain "$build" || give_up "CMake could not configure the build"
timed "building" cmake --build "$build" || give_up "the build failed"

# The tests mostly wait. What they leave of the processors builds what comes next; it is nice to them,
# as some tests measure time.
if $sanitizers; then
  in_background nice -n 19 scripts/test-sanitizers.sh --build
fi
status=0
# More at a time than there are processors.
timed "testing" run_ctest "$build" "$results/tests.xml" --parallel 3 --no-tests=error \
  ${ctest_arguments[@]+"${ctest_arguments[@]}"} || status=1
set -- "$results/tests.xml"
if $sanitizers; then
  if wait "${background[0]}"; then
    if $tidy && [ "$SECONDS" -gt 840 ]; then
      echo "clang-tidy is left out: building and testing took $SECONDS s"
      tidy=false
    fi
    if $tidy; then in_background look_with_clang_tidy; fi
    scripts/test-sanitizers.sh --run || status=1
    set -- "$@" "$results"/tests-{address,thread}.xml
    if $tidy; then wait "${background[1]}" || status=1; fi
  else
    status=1
  fi
elif $tidy; then
  look_with_clang_tidy || status=1
fi

read -r passed failed < <(python3 scripts/count-tests.py "$@") ||
  give_up "the results cannot be read"
# ctest's own judgement stands above any count.
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
echo "Took $SECONDS s in all."
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
