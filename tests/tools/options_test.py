#!/usr/bin/env python3
"""Whether --help, the man page and the completion name the same options, and docs/causes.md all causes.

    options_test.py COMMAND SOURCE_DIRECTORY

Prints a line "ok WHAT" or "not ok WHAT" for each check, with the details of a failure behind it.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

command, source = sys.argv[1], pathlib.Path(sys.argv[2])
failed = False


def check(what: str, problems: list[str]) -> None:
    global failed
    failed = failed or bool(problems)
    print(("not ok " if problems else "ok ") + what)
    for problem in problems:
        print("    " + problem)


def output(*arguments: str) -> str:
    return subprocess.run([command, *arguments], check=True, capture_output=True, text=True).stdout


def options_in_help(*arguments: str) -> set[str]:
    return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", output(*arguments, "--help"), re.MULTILINE))


def difference(a: set[str], b: set[str], only_a: str, only_b: str) -> list[str]:
    return ([f"{name} is only in {only_a}" for name in sorted(a - b)] +
            [f"{name} is only in {only_b}" for name in sorted(b - a)])


# What bash-completion has, as far as it is used.
COMPLETE = """
_init_completion() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}
  prev=${words[cword-1]}; }
_filedir() { COMPREPLY=(a-file); }
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_crowd_confluence
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completions(*words: str) -> set[str]:
    script = source / "tools/crowd-confluence/crowd-confluence.bash"
    run = subprocess.run(["bash", "-c", COMPLETE, "bash", str(script), "crowd-confluence", *words],
                         check=True, capture_output=True, text=True)
    return set(run.stdout.split())


subcommands = re.findall(r"^  ([a-z-]+)  ", output("--help").partition("Subcommands:")[2], re.MULTILINE)
check("there are subcommands", [] if len(subcommands) == 5 else [str(subcommands)])
check("completion of subcommands",
      difference(set(subcommands), {word for word in completions("") if not word.startswith("-")},
                 "--help", "the completion"))
everything = options_in_help()
for name in subcommands:
    options = options_in_help(name)
    everything |= options
    check(f"completion of {name}", difference(options, completions(name, "--"), "--help",
                                              "the completion"))
check("completion of files", [] if completions("session", "--token-file", "") == {"a-file"} else ["none"])

page = (source / "tools/crowd-confluence/crowd-confluence.1").read_text(encoding="utf-8").replace("\\-", "-")
check("options of the man page",
      difference(everything, set(re.findall(r"^\.BI? (--[a-z-]+)", page, re.MULTILINE)), "--help",
                 "the man page"))
check("subcommands of the man page",
      [name for name in subcommands if not re.search(rf"^\.B {name}$", page, re.MULTILINE)])

causes = json.loads(output("causes", "--json"))["causes"]
check("there are causes", [] if len(causes) == 41 else [str(len(causes))])
text = (source / "docs/causes.md").read_text(encoding="utf-8")
sections = re.findall(r"^### ([a-z0-9-]+)$", text, re.MULTILINE)
check("docs/causes.md has a section for each cause",
      difference({cause["cause"] for cause in causes}, set(sections), "the command", "docs/causes.md"))
check("each section is there once, in the order of the command",
      [] if sections == [cause["cause"] for cause in causes] else ["they differ"])
check("anchors are those of the sections",
      [cause["anchor"] for cause in causes if cause["anchor"] not in sections])
for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
    name = part.split("\n", 1)[0]
    check(f"{name} says what is seen, why, and what to do",
          [label for label in ("**Seen:**", "**Why:**", "**Remedy:**") if label not in part])
sys.exit(failed)
