#!/bin/bash
# Every source file stands as clang-format with .clang-format would write it.

. "$(dirname "$0")/../package/checks.sh"

# The sources below a directory, without the builds in it.
sources() {
  find "$1" -name 'build*' -prune -o -type f \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print
}

formatted() {
  sources "$1" | xargs -r -d '\n' -P 2 -n 40 "$CLANG_FORMAT" --style=file --dry-run --Werror
}

for part in core mod_crowd_confluence tools tests bench; do
  [ -d "$SOURCE_DIR/$part" ] || continue
  check "there are sources in $part" test -n "$(sources "$SOURCE_DIR/$part")"
  check "those are formatted" formatted "$SOURCE_DIR/$part"
done

mkdir "$scratch/tree"
cp "$SOURCE_DIR/.clang-format" "$scratch/tree"
printf 'int  main() {}\n' >"$scratch/tree/main.cpp"
unformatted() { ! formatted "$scratch/tree"; }
check "a file that is not formatted is noticed" unformatted
