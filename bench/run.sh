#!/bin/bash
# Runs the benchmarks and prints their tables, in Markdown. Takes about six minutes, uses ports of
# 127.0.0.1 only, and leaves nothing but its build behind.
#
#   bench/run.sh [--doc] [PART]…
#
#   PART    instructions, tls, first-requests, outage, table, memory, peers (default: all)
#   --doc   writes the tables into docs/benchmarks.md, too
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

prepare() {
  scripts/install-build-deps.sh test
  scripts/install-build-deps.sh bench ||
    echo "Not all modules to compare with could be installed: they are left out."
  # So few files are not worth precompiled headers.
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCROWD_CONFLUENCE_BENCH=ON \
    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
  cmake --build "$build" --target \
    mod_crowd_confluence atlassian-simulator bench_backend bench_load bench_table
}

# In a process group of its own, so that all of it can be ended.
set -m
prepare >"$build.log" 2>&1 &
preparing=$!
set +m
give_up() {
  trap '' INT TERM HUP
  kill -- "-$preparing" 2>/dev/null || true
  wait "$preparing" || true
  exit "$1"
}
trap 'give_up 130' INT
trap 'give_up 143' TERM
trap 'give_up 129' HUP
wait "$preparing" || {
  tail -n 40 "$build.log" >&2
  exit 1
}
trap - INT TERM HUP

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

exec env PYTHONDONTWRITEBYTECODE=1 python3 bench/run.py --build "$build" \
  --httpd "$(cached APACHE_HTTPD)" --modules "$(cached APACHE_LIBEXECDIR)" "$@"
