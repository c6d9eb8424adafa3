#!/bin/bash
# Shows mod_crowd_confluence at work: installs what is missing, builds, starts Apache httpd with the
# module, an app behind it and simulated Crowd and Confluence servers on this machine's loopback
# address, prints one user's way through the demo, and serves until Ctrl-C.
#
#   ./demo.sh [--once] [--port N] [--built DIR]
#
#   --once       stop after the transcript, with status 1 if a step failed
#   --port N     the port to try first
#   --built DIR  build nothing: take the module and the simulator from this build directory
set -euo pipefail

# A closed descriptor would go to the next file that is opened, which would then be written into.
[[ -e /dev/fd/0 ]] || exec </dev/null
[[ -e /dev/fd/1 ]] || exec >/dev/null
[[ -e /dev/fd/2 ]] || exec 2>/dev/null

self=$(realpath -- "${BASH_SOURCE[0]}")
root=${self%/*}
if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$self"
  exit
fi
# bash alone would go on after a Ctrl-C that its child did not die of.
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
"$root/scripts/install-build-deps.sh" demo
# Debian's own Python: the demo needs nothing but its standard library. -B, -E, -s: it writes no
# byte code, and somebody's own settings and packages do not matter. Signals wait until run.py is
# ready for them: of a Ctrl-C, Python would print how far it has come.
exec env --block-signal=INT --block-signal=TERM --block-signal=HUP \
  /usr/bin/python3 -B -E -s "$root/demo/run.py" "$@"
