#!/bin/bash
# Shows mod_crowd_confluence at work: installs what is missing, builds, starts Apache httpd with the
# module, an app behind it and simulated Crowd and Confluence servers on this machine's loopback
# address, prints one user's way through it, and serves until Ctrl-C.
#
#   ./demo.sh [--once] [--port N]
#
#   --once    stop after the transcript, with status 1 if a step failed
#   --port N  the port to try first
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '2,/^set/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
  exit
fi
# bash alone would go on after a Ctrl-C that its child did not die of.
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
"$root/scripts/install-build-deps.sh" demo
# Debian's own Python: the demo needs nothing but its standard library. -B, -E, -s: it writes no
# byte code, and somebody's own settings and packages do not matter.
exec /usr/bin/python3 -B -E -s "$root/demo/run.py" "$@"
