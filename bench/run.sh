#!/bin/bash
# Runs the benchmarks and prints their tables, in Markdown. Takes about five minutes, uses ports of
# 127.0.0.1 only, and leaves nothing but its build behind.
#
#   bench/run.sh [PART]…      instructions, first-requests, outage, table, peers (default: all)
#
# Not part of the tests: what takes time depends on what else the machine does.
# BUILD_ROOT names the directory to build in (default: build, in the checkout).

set -euo pipefail
cd "$(dirname "$0")/.."

case ${1-} in
  -h | --help)
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
    exit
    ;;
esac

build=$(realpath -m "${BUILD_ROOT:-build}")/bench
mkdir -p "$build"

{
  scripts/install-build-deps.sh test
  scripts/install-build-deps.sh bench ||
    echo "Not all modules to compare with could be installed: they are left out."
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCROWD_CONFLUENCE_BENCH=ON
  cmake --build "$build" --target \
    mod_crowd_confluence atlassian-simulator bench_backend bench_load bench_table
} >"$build.log" 2>&1 || {
  tail -n 40 "$build.log" >&2
  exit 1
}

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

exec env PYTHONDONTWRITEBYTECODE=1 python3 bench/run.py --build "$build" \
  --httpd "$(cached APACHE_HTTPD)" --modules "$(cached APACHE_LIBEXECDIR)" "$@"
