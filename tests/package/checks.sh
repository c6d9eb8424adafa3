# shellcheck shell=bash
# Sourced by the package tests: a private directory, and checks that count.
#
# Every check prints one line, "ok WHAT" or "not ok WHAT", and goes on; the test fails at its end if
# one of them did, or if none was made.

set -euo pipefail
export LC_ALL=C

passed=0
failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crowd-confluence-package.XXXXXX")

finish() {
  local status=$?
  rm -rf "$scratch"
  if [ "$status" -ne 0 ]; then
    echo "not ok the script runs to its end (status $status)"
    exit 1
  fi
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] || exit 1
}
trap finish EXIT

# check WHAT COMMAND… : the command succeeds. What it prints is shown only if it fails.
check() {
  local what=$1
  shift
  if "$@" >"$scratch/check.log" 2>&1; then
    passed=$((passed + 1))
    echo "ok $what"
  else
    failed=$((failed + 1))
    echo "not ok $what"
    sed 's/^/    /' "$scratch/check.log"
  fi
}

# same EXPECTED ACTUAL : two texts are equal; else their difference is printed.
same() {
  diff <(printf '%s\n' "$1") <(printf '%s\n' "$2")
}

# The dynamic symbols that a file offers to others.
exported_symbols() {
  nm --dynamic --defined-only --format=posix "$1" | sed 's/@.*//' | cut -d' ' -f1 | sort -u
}

# The value of a dynamic tag such as SONAME, one a line; nothing if the file has none.
dynamic_tag() {
  readelf --dynamic --wide "$1" | sed -n "s/.*($2).*\[\(.*\)\].*/\1/p"
}

# Nothing in the file tells the loader to look into a build directory.
no_run_path() {
  local dynamic
  dynamic=$(readelf --dynamic --wide "$1") && ! grep -e '(RPATH)' -e '(RUNPATH)' <<<"$dynamic"
}

# A configuration with which httpd starts far enough to check what the given lines say.
write_httpd_conf() {
  local conf=$1 module=$2 name
  {
    echo "ServerRoot \"$scratch\""
    echo "DefaultRuntimeDir \"$scratch\""
    echo "PidFile \"$scratch/httpd.pid\""
    echo "ErrorLog \"$scratch/error.log\""
    echo "ServerName localhost"
    echo "Listen 127.0.0.1:8"
    for name in mpm_event authz_core authz_host log_config headers remoteip proxy proxy_http; do
      # Some of them are linked into some httpds.
      if [ -e "$MODULE_DIR/mod_$name.so" ]; then
        echo "<IfModule !${name}_module>"
        echo "LoadModule ${name}_module \"$MODULE_DIR/mod_$name.so\""
        echo "</IfModule>"
      fi
    done
    echo "LoadModule crowd_confluence_module \"$module\""
    cat
  } >"$conf"
}
