#!/usr/bin/env python3
"""Runs clang-tidy, with the checks of .clang-tidy, over core, module and command.

    clang-tidy.py BUILD_DIRECTORY

The build directory is one that was configured for Clang. Prints what was found; status 0 if that is
nothing.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = (ROOT / "core" / "src", ROOT / "mod_crowd_confluence", ROOT / "tools")


def sources(build: pathlib.Path) -> list[str]:
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    files = {pathlib.Path(command["file"]) for command in commands}
    return sorted(str(file) for file in files if any(part in file.parents for part in PARTS))


def check(build: pathlib.Path, file: str) -> str:
    """What clang-tidy says of the file, if it finds something."""
    run = subprocess.run(["clang-tidy", "-quiet", "-p", str(build), file], cwd=ROOT,
                         capture_output=True, text=True, check=False)
    # Its standard error counts what it does not show.
    return "" if run.returncode == 0 else run.stdout or run.stderr


def main(build: pathlib.Path) -> int:
    if shutil.which("clang-tidy") is None:
        print("clang-tidy is not installed", file=sys.stderr)
        return 1
    files = sources(build)
    if not files:
        print(f"{build} compiles neither core nor the module", file=sys.stderr)
        return 1
    # Threads, each of which waits for a process.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda file: check(build, file), files) if text]
    # What a header has is found once for each source file that includes it.
    print("\n".join(dict.fromkeys(found)), end="")
    print(f"clang-tidy: {len(files)} files, findings in {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
