"""The arrows between the rooms of the project: which file includes which.

FLOORS is the plan, which docs/design.md explains. A file may include what is on its own floor in its
own folder, and whatever is on a floor below.
"""

from __future__ import annotations

import pathlib
import re

CONTRACT = "core/include/crowd_confluence"
CORE = "core/src"
MODULE = "mod_crowd_confluence"
TOOLS = "tools"

# A folder's floor. Folders of one floor know nothing of each other.
FLOORS = {
    # The words of the library: what stands in no folder of the contract.
    "core": 0,
    "core/base": 0,
    "core/http": 1,
    "core/cookie": 1,
    "core/shared": 1,
    "core/confluence": 2,
    "core/crowd": 2,
    "core/broker": 3,
    "core/diagnosis": 3,
    # The command and the module know nothing of each other.
    "tools/crowd-confluence": 4,
    "module/apr": 4,
    "module/config": 5,
    "module/process": 6,
    "module/request": 7,
    "module/response": 8,
    "module/handlers": 8,
    # The record, the hooks.
    "module": 9,
}

# Files of the module that any of its rooms may use, although they stand beside the hooks.
EVERYWHERE = {"log.h", "module_functions.h"}

# How httpd, APR and its utilities name their headers.
OF_HTTPD = re.compile(
    r"^(ap[ru]?_.*|httpd|http_.*|mod_.*|util_.*|mpm_common|unixd|scoreboard)\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


class Include:
    def __init__(self, file: str, folder: str, is_quoted: bool, name: str):
        self.file = file
        self.folder = folder
        self.is_quoted = is_quoted
        self.name = name


def folder_of(path: pathlib.PurePath, part: str) -> str:
    """`path` is relative to the part's root."""
    return f"{part}/{path.parts[0]}" if len(path.parts) > 1 else part


def sources(root: pathlib.Path, below: str) -> list[pathlib.Path]:
    return sorted(path for path in (root / below).rglob("*")
                  if path.suffix in (".h", ".cpp", ".c", ".in") and path.is_file())


def includes_of(root: pathlib.Path, below: str, part: str) -> list[Include]:
    found = []
    for path in sources(root, below):
        folder = folder_of(path.relative_to(root / below), part)
        if part == "module" and path.name in EVERYWHERE:
            folder = "module/apr"
        for quote, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            found.append(Include(str(path.relative_to(root)), folder, quote == '"', name))
    return found


def target_of(root: pathlib.Path, include: Include) -> str | None:
    """The folder in which the included file stands; None if it is none of the project's."""
    if not include.is_quoted:
        return None
    name = pathlib.PurePath(include.name)
    if name.parts[0] == "crowd_confluence":
        return folder_of(name.relative_to("crowd_confluence"), "core")
    if include.folder.startswith("core"):
        return folder_of(name, "core")
    if include.folder.startswith("tools") and len(name.parts) == 1:
        return include.folder
    if include.name in EVERYWHERE:
        return "module/apr"
    return folder_of(name, "module")


def wrong_arrows(root: pathlib.Path) -> list[str]:
    problems = []
    arrows = (includes_of(root, CONTRACT, "core") + includes_of(root, CORE, "core") +
              includes_of(root, MODULE, "module") + includes_of(root, TOOLS, "tools"))
    for include in arrows:
        target = target_of(root, include)
        if target is None:
            continue
        where = f"{include.file} includes {include.name}"
        if include.folder not in FLOORS:
            problems.append(f"{where}, and the folder {include.folder} has no floor")
        elif target not in FLOORS:
            problems.append(f"{where}, and the folder {target} has no floor")
        elif target != include.folder and FLOORS[target] >= FLOORS[include.folder]:
            # The words may use what is at the base, and the base the words.
            if FLOORS[target] == FLOORS[include.folder] == 0:
                continue
            problems.append(f"{where}: the arrow leads up")
    return problems


def httpd_in_core(root: pathlib.Path) -> list[str]:
    return [f"{include.file} includes {include.name}"
            for include in includes_of(root, CONTRACT, "core") + includes_of(root, CORE, "core")
            if OF_HTTPD.match(pathlib.PurePath(include.name).name)
            and not (root / CORE / include.name).is_file()
            and not include.name.startswith("crowd_confluence/")]


def private_in_contract(root: pathlib.Path) -> list[str]:
    """The contract is installed without what is private."""
    return [f"{include.file} includes {include.name}"
            for include in includes_of(root, CONTRACT, "core")
            if include.is_quoted and not include.name.startswith("crowd_confluence/")]


def unused_contract(root: pathlib.Path, users: tuple[str, ...]) -> list[str]:
    """Public headers that none of `users` needs, neither itself nor by way of another header."""
    needed = set()
    to_see = [include.name for user in users for path in sources(root, user)
              for quote, name in INCLUDE.findall(path.read_text(encoding="utf-8"))
              for include in [Include("", "", quote == '"', name)]]
    while to_see:
        name = to_see.pop()
        if not name.startswith("crowd_confluence/") or name in needed:
            continue
        needed.add(name)
        header = root / "core/include" / name
        if header.is_file():
            to_see += [found for _, found in INCLUDE.findall(header.read_text(encoding="utf-8"))]
    public = {str(path.relative_to(root / "core/include")) for path in sources(root, CONTRACT)}
    return [f"{name} is used by nobody but the library and its tests"
            for name in public - needed]


def internals_outside(root: pathlib.Path) -> list[str]:
    """What is in core/src is core's own business, and its tests' and benchmarks'."""
    problems = []
    for path in sources(root, MODULE) + sources(root, TOOLS):
        for quote, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if (quote == '"' and (root / CORE / name).is_file()
                    and not (root / MODULE / name).is_file() and not (path.parent / name).is_file()):
                problems.append(f"{path.relative_to(root)} includes {name}")
    return problems
