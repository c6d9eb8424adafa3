#!/bin/bash
# Usage: tests/browser/run.sh [BUILD_DIRECTORY]
#
# Opens the demo and its check page in a real browser (Debian's chromium, driven by playwright-core from
# npm, which is installed beside the build). BUILD_DIRECTORY (default: build/test) has the module and the
# simulator. The pictures that are taken on the way are left in BUILD_DIRECTORY/browser.
#
# Not part of ./test.sh: browser and npm packages take longer to install than the tests take.

set -euo pipefail
cd "$(dirname "$0")/../.."

build=$(realpath "${1:-build/test}")
work=$build/browser
mkdir -p "$work"

for program in chromium node npm; do
  command -v "$program" >/dev/null ||
    { echo "$0: $program is missing (apt-get install chromium nodejs npm)" >&2; exit 2; }
done
cp tests/browser/demo.mjs tests/browser/package.json "$work"
(cd "$work" && npm install --no-audit --no-fund --silent)

demo=
trap '[ -z "$demo" ] || kill "$demo" 2>/dev/null || true' EXIT
coproc DEMO { exec python3 -B -E -s demo/run.py --built "$build" --port 20080; }
demo=$DEMO_PID
# The demo names its port when it is ready.
url=
while IFS= read -r line <&"${DEMO[0]}"; do
  case $line in
    "Open http://"*)
      url=${line#Open }
      url=${url%%/ *}
      break
      ;;
  esac
done
[ -n "$url" ] || { echo "$0: the demo does not start" >&2; exit 1; }

(cd "$work" && node demo.mjs "$url" "$work/pictures")
