#!/bin/bash
# Usage: make-source-archive.sh DIRECTORY
#
# Writes mod_crowd_confluence-VERSION.tar.gz, the spec's Source0, from the working tree as it is. In
# a git checkout these are the files that git does not ignore, elsewhere all but the builds.

set -euo pipefail

output=$(realpath "${1:?Usage: $0 DIRECTORY}")
cd "$(dirname "$0")/.."

version=$(sed -n 's/^Version: *//p' rpm/mod_crowd_confluence.spec)
name=mod_crowd_confluence-$version

list_files() {
  if [ -e .git ] && git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    # A file that was deleted and not yet committed is still listed.
    git ls-files -z --cached --others --exclude-standard |
      while IFS= read -r -d '' file; do
        if [ -f "$file" ]; then printf '%s\0' "$file"; fi
      done
  else
    find . -path './.git' -prune -o -path './build*' -prune -o -name __pycache__ -prune \
      -o -type f -print0
  fi
}

list_files | sort -z |
  tar --create --gzip --file "$output/$name.tar.gz" --null --files-from=- \
    --owner=0 --group=0 --transform "flags=r;s|^\(\./\)\?|$name/|"
