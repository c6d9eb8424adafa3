#!/usr/bin/env python3
"""Whether the project is built as docs/design.md says: arrows lead down only.

    structure_test.py SOURCE_DIRECTORY

Prints a line "ok WHAT" or "not ok WHAT" for each check, with the details of a failure behind it. Each
rule is also tried on a tree that breaks it.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

import arrows

# Who uses the library. A program of somebody else's stands for many.
USERS = ("mod_crowd_confluence", "tools", "tests/package/program")

failed = False


def check(what: str, problems: list[str]) -> None:
    global failed
    failed = failed or bool(problems)
    print(("not ok " if problems else "ok ") + what)
    for problem in sorted(problems):
        print("    " + problem)


def tree(files: dict[str, str]) -> pathlib.Path:
    root = pathlib.Path(folder.name) / str(len(list(pathlib.Path(folder.name).iterdir())))
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def check_rules() -> None:
    """Each of these trees breaks one rule, or none."""
    cases = {
        "an arrow up within core": (
            arrows.wrong_arrows,
            {"core/src/http/a.cpp": '#include "crowd_confluence/confluence/settings.h"\n'}, 1),
        "an arrow up between headers of the contract": (
            arrows.wrong_arrows,
            {"core/include/crowd_confluence/shared/a.h":
             '#include "crowd_confluence/broker/b.h"\n'}, 1),
        "an arrow between folders of one floor": (
            arrows.wrong_arrows, {"core/src/cookie/a.cpp": '#include "http/b.h"\n'}, 1),
        "an arrow from a word to a folder": (
            arrows.wrong_arrows,
            {"core/include/crowd_confluence/visitor.h":
             '#  include   "crowd_confluence/http/url.h"\n'}, 1),
        "an arrow up within the module": (
            arrows.wrong_arrows,
            {"mod_crowd_confluence/config/a.h": '#include "process/b.h"\n'}, 1),
        "an arrow between Crowd's client and Confluence's": (
            arrows.wrong_arrows,
            {"core/src/crowd/a.cpp": '#include "confluence/b.h"\n'}, 1),
        "an arrow from the command to the module": (
            arrows.wrong_arrows,
            {"tools/crowd-confluence/a.cpp": '#include "config/b.h"\n'}, 1),
        "a folder without a floor": (
            arrows.wrong_arrows, {"core/src/attic/a.cpp": '#include "base/b.h"\n'}, 1),
        "arrows down": (
            arrows.wrong_arrows,
            {"core/src/broker/a.cpp": '#include "shared/b.h"\n#include "crowd_confluence/clock.h"\n',
             "mod_crowd_confluence/response/a.cpp":
             '#include "request/b.h"\n#include "log.h"\n#include "crowd_confluence/session.h"\n',
             "core/src/diagnosis/a.cpp": '#include "confluence/b.h"\n',
             "tools/crowd-confluence/a.cpp":
             '#include "b.h"\n#include "crowd_confluence/diagnosis/diagnosis.h"\n'},
            0),
        "APR in core": (
            arrows.httpd_in_core, {"core/src/base/a.cpp": "#include <apr_pools.h>\n"}, 1),
        "httpd in the contract": (
            arrows.httpd_in_core,
            {"core/include/crowd_confluence/a.h": "#include <httpd.h>\n"}, 1),
        "httpd's configuration in core": (
            arrows.httpd_in_core, {"core/src/base/a.cpp": '#include "http_config.h"\n'}, 1),
        "nothing of httpd in core": (
            arrows.httpd_in_core, {"core/src/base/a.cpp": "#include <curl/curl.h>\n"}, 0),
        "what is private in the contract": (
            arrows.private_in_contract,
            {"core/include/crowd_confluence/a.h": '#include "shared/b.h"\n'}, 1),
        "a public header for tests only": (
            lambda root: arrows.unused_contract(root, ("mod_crowd_confluence",)),
            {"core/include/crowd_confluence/a.h": "", "core/include/crowd_confluence/b.h": "",
             "core/include/crowd_confluence/c.h": '#include "crowd_confluence/a.h"\n',
             "tests/core/b_test.cpp": '#include "crowd_confluence/b.h"\n',
             "mod_crowd_confluence/a.cpp": '#include "crowd_confluence/c.h"\n'}, 1),
        "module and command in core's rooms": (
            arrows.internals_outside,
            {"core/src/shared/a.h": "",
             "mod_crowd_confluence/request/a.cpp": '#include "shared/a.h"\n',
             "tools/crowd-confluence/a.cpp": '#include "shared/a.h"\n'}, 2),
    }
    for what, (rule, files, wanted) in cases.items():
        found = rule(tree(files))
        check(f"the rule sees: {what}",
              [] if len(found) == wanted else [f"found {len(found)} of {wanted}", *found])


def check_project(root: pathlib.Path) -> None:
    everything = arrows.includes_of(root, arrows.CONTRACT, "core")
    check("the project's files are found", [] if everything else ["no file of the contract"])
    check("arrows lead down only", arrows.wrong_arrows(root))
    check("core knows nothing of httpd and APR", arrows.httpd_in_core(root))
    check("the contract holds nothing private", arrows.private_in_contract(root))
    check("every public header has a user", arrows.unused_contract(root, USERS))
    check("module and command keep out of core's rooms", arrows.internals_outside(root))


with tempfile.TemporaryDirectory() as name:
    folder = type("Folder", (), {"name": name})
    check_rules()
check_project(pathlib.Path(sys.argv[1]))
sys.exit(failed)
