#!/usr/bin/env python3
"""Whether the documentation is true, as far as a program can tell.

Every directive, message and reason of the code has its section and every section its directive,
message or reason; links lead somewhere; httpd accepts every configuration that is shown.

Prints a line "ok WHAT" or "not ok WHAT" for each check, with the details of a failure behind it.
The environment says where things are: SOURCE_DIR, and HTTPD, MODULE and MODULE_DIR of the httpd
and the module to try configurations with.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest.mock
import urllib.parse

SOURCE = pathlib.Path(os.environ["SOURCE_DIR"])
HTTPD = os.environ.get("HTTPD", "")

# Loaded for every configuration, if the httpd has them as files of their own.
HTTPD_MODULES = ("mpm_event", "unixd", "authz_core", "authz_host", "log_config", "headers", "remoteip", "proxy",
                 "proxy_http", "socache_redis", "socache_memcache")

passed = 0
failed = 0


def check(what: str, problems: list[str] | set[str]) -> None:
    global passed, failed
    if problems:
        failed += 1
        print(f"not ok {what}")
        for problem in sorted(problems):
            print("    " + problem.replace("\n", "\n    "))
    else:
        passed += 1
        print(f"ok {what}")
    sys.stdout.flush()


def check_same(what: str, in_code: list[str], in_docs: list[str]) -> None:
    """Both name the same things, each once, and there are some."""
    problems = [f"{name} is in the code only" for name in set(in_code) - set(in_docs)]
    problems += [f"{name} is in the documentation only" for name in set(in_docs) - set(in_code)]
    problems += [f"{name} has several sections" for name in set(in_docs) if in_docs.count(name) > 1]
    if not in_code:
        problems.append("nothing was found in the code")
    check(what, problems)


def text_of(path: str) -> str:
    return (SOURCE / path).read_text(encoding="utf-8")


# ---- Markdown ----


def without_code(text: str) -> str:
    """Fenced blocks blanked out, line by line, so that no # or [ in them is taken for Markdown."""
    lines, fenced = [], False
    for line in text.split("\n"):
        is_fence = line.lstrip().startswith("```")
        lines.append("" if fenced or is_fence else line)
        fenced ^= is_fence
    return "\n".join(lines)


def headings(text: str, level: str = "#{1,6}") -> list[str]:
    return re.findall(rf"^{level} (.+?) *$", without_code(text), re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The names by which the sections can be linked to."""
    found: set[str] = set()
    for heading in headings(text):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "")).strip().lower()
        anchor, number = plain.replace(" ", "-"), 0
        while anchor in found:
            number += 1
            anchor = plain.replace(" ", "-") + f"-{number}"
        found.add(anchor)
    return found


def links(text: str) -> list[str]:
    prose = re.sub(r"`[^`\n]*`", "", without_code(text))
    return re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r"^\[[^\]]+\]: (\S+)", prose, re.M)


def dead_links(text: str, directory: pathlib.Path) -> list[str]:
    dead = []
    for link in links(text):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue  # another site's
        path, _, anchor = urllib.parse.unquote(link).partition("#")
        target = directory / path if path else None
        if target is not None and not target.exists():
            dead.append(f"{link}: there is no such file")
        elif anchor and (target is None or target.suffix == ".md"):
            there = text if target is None else target.read_text(encoding="utf-8")
            if anchor not in anchors(there):
                dead.append(f"{link}: there is no such section")
    return dead


def markdown_files() -> list[pathlib.Path]:
    files = []
    for directory, names, entries in os.walk(SOURCE):
        if pathlib.Path(directory) == SOURCE:
            names[:] = [name for name in names if not name.startswith("build")]
        names[:] = sorted(name for name in names if not name.startswith("."))
        files += [pathlib.Path(directory) / name for name in entries if name.endswith(".md")]
    return sorted(files)


def apache_blocks(text: str) -> list[str]:
    return re.findall(r"^```apache\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


# ---- httpd ----


class Httpd:
    """Asks httpd what it thinks of a configuration."""

    def __init__(self, scratch: pathlib.Path):
        self._scratch = scratch
        self._module_dir = pathlib.Path(os.environ["MODULE_DIR"])
        (scratch / "logs").mkdir()
        certificate, key = scratch / "certificate.pem", scratch / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-keyout", str(key), "-out", str(certificate)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        secret = scratch / "secret"
        secret.write_text("a secret of the documentation's test\n")
        # Files and hosts of the examples, and what stands in for them here.
        self._stand_ins = (
            (r"/etc/ssl/company/[\w-]+\.key", str(key)),
            (r"/etc/ssl/company/[\w-]+\.pem", str(certificate)),
            (r"/etc/httpd/[\w-]+\.(secret|password)", str(secret)),
            (r"/var/log/apache2/", str(scratch / "logs") + "/"),
            (r"\bredis\.example\.com\b", "127.0.0.1"),
        )

    def complaint(self, block: str) -> str:
        """What httpd says against the block; empty if it accepts it."""
        for pattern, stand_in in self._stand_ins:
            block = re.sub(pattern, stand_in, block)
        # These modules are loaded already, from where they are here.
        block = re.sub(r"^LoadModule .*$", "", block, flags=re.MULTILINE)
        conf = self._scratch / "httpd.conf"
        conf.write_text(self._preamble() + block, encoding="utf-8")
        result = subprocess.run(
            [HTTPD, "-t", "-f", str(conf)], capture_output=True, text=True, timeout=60
        )
        return "" if result.returncode == 0 else (result.stdout + result.stderr).strip()

    def _preamble(self) -> str:
        lines = [
            f'ServerRoot "{self._scratch}"',
            f'DefaultRuntimeDir "{self._scratch}"',
            f'PidFile "{self._scratch}/httpd.pid"',
            'ErrorLog "logs/error.log"',
            "ServerName localhost",
            "Listen 127.0.0.1:8",
        ]
        for name in HTTPD_MODULES:
            file = self._module_dir / f"mod_{name}.so"
            if file.exists():
                lines += [f"<IfModule !{name}_module>", f'LoadModule {name}_module "{file}"',
                          "</IfModule>"]
        lines.append(f'LoadModule crowd_confluence_module "{os.environ["MODULE"]}"')
        return "\n".join(lines) + "\n"


# ---- the checks ----


def check_directives() -> None:
    sources = "".join(
        path.read_text() for path in sources_of_module()
    )
    known = re.findall(r'_(?:command|directive)<[^>]*>\(\s*"(CrowdConfluence\w*)"', sources)
    docs = text_of("docs/directives.md")
    sections = [name for name in headings(docs, "##") if name.startswith("CrowdConfluence")]
    check_same("every directive has its section in docs/directives.md", known, sections)

    problems = []
    for name in sections:
        section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", docs, re.MULTILINE | re.DOTALL)
        body = section.group(1) if section else ""
        problems += [
            f"{name} has no {what}"
            for what, mark in (("syntax", "| Syntax | `" + name), ("default", "| Default | "),
                               ("example", "```apache\n"), ("pitfalls", "*Pitfalls.*"))
            if mark not in body
        ]
        if f"[{name}](#{name.lower()})" not in docs:
            problems.append(f"{name} is not in the list at the top")
    check("every directive has syntax, default, example and pitfalls", problems)

    shown = "".join("".join(apache_blocks(file.read_text())) for file in markdown_files())
    used = set(re.findall(r"^\s*(CrowdConfluence\w*)", shown, re.MULTILINE))
    check("no configuration shows an unknown directive", used - set(known))


def check_messages() -> None:
    defined = re.findall(r'"(CCF\d{4}): "', text_of("mod_crowd_confluence/log.h"))
    check("no number stands for two messages", {n for n in defined if defined.count(n) > 1})
    docs = text_of("docs/messages.md")
    sections = [name for name in headings(docs, "##") if name.startswith("CCF")]
    check_same("every message has its section in docs/messages.md", defined, sections)
    problems = []
    for number in sections:
        body = docs.split(f"\n## {number}\n", 1)[1].split("\n## ", 1)[0]
        problems += [
            f"{number} has no {what}"
            for what, mark in (("text", f"> {number}: "), ("cause", "**Cause.**"),
                               ("remedy", "**Remedy.**"))
            if mark not in body
        ]
        if f"| [{number}](#{number.lower()}) |" not in docs:
            problems.append(f"{number} is not in the list at the top")
    check("every message has text, cause and remedy", problems)


def sources_of_module() -> list[pathlib.Path]:
    """What may write a message. log.h only gives the numbers their names."""
    files = (SOURCE / "mod_crowd_confluence").rglob("*")
    return sorted(f for f in files if f.suffix in (".cpp", ".h") and f.name != "log.h")


def quoted_messages(text: str) -> list[str]:
    """Each message that is quoted, in one line."""
    quotes = re.findall(r"(?:^> .*\n)+", text, re.MULTILINE)
    lines = [re.sub(r"\n> *", " ", quote[2:]).strip() for quote in quotes]
    return [line for line in lines if line.startswith("CCF")]


def message_patterns(sources: str, numbers: dict[str, str]) -> dict[str, re.Pattern[str]]:
    """What the code may write with a number: formats, and a pattern for each."""
    patterns = {}
    for name, rest in re.findall(r'\b(CCF_\w+)\s+((?:"(?:[^"\\]|\\.)*"\s*|[A-Z_]{3,}\s*)+)', sources):
        parts = re.findall(r'"((?:[^"\\]|\\.)*)"|([A-Z_]{3,})', rest)
        # A macro between the texts stands for a text that is known to the compiler only.
        message = numbers[name] + ": " + "".join("%s" if macro else part for part, macro in parts)
        message = message.replace('\\"', '"')
        literals = re.split(r"%(?:\.\*)?(?:l|z)?[a-z]", message)
        patterns[message] = re.compile(".*".join(map(re.escape, literals)))
    return patterns


def reason_rows() -> list[tuple[str, str]]:
    """The stable word and the explanation of each reason."""
    return re.findall(r'row\(Reason::\w+, Result::\w+, \w+, "([a-z-]+)",\s*"([^"]+)"\)',
                      text_of("core/src/outcome.cpp"))


def check_quotes() -> None:
    """The documentation quotes what the module writes."""
    numbers = dict(re.findall(r'#define (CCF_\w+) "(CCF\d{4}): "',
                              text_of("mod_crowd_confluence/log.h")))
    sources = "".join(
        path.read_text() for path in sources_of_module()
    )
    patterns = message_patterns(sources, numbers)
    quotes = quoted_messages(text_of("docs/messages.md"))
    elsewhere = [quote for file in markdown_files() for quote in quoted_messages(file.read_text())]
    check("docs/messages.md quotes every message",
          [message for message, pattern in patterns.items()
           if not any(map(pattern.fullmatch, quotes))] or ([] if patterns else ["none was found"]))
    check("the documentation quotes no message that the module does not write",
          [quote for quote in elsewhere
           if not any(pattern.fullmatch(quote) for pattern in patterns.values())])
    reasons = [f"{explanation} ({word})" for word, explanation in reason_rows()]
    check("a quoted reason has its own explanation",
          [quote for quote in elsewhere if re.match("CCF001[04]", quote)
           and not any(reason in quote for reason in reasons)])


def check_reasons() -> None:
    words = [word for word, _ in reason_rows()]
    docs = text_of("docs/troubleshooting.md")
    check_same(
        "every reason has its section in docs/troubleshooting.md", words, headings(docs, "####")
    )


def check_links() -> None:
    for file in markdown_files():
        text = file.read_text(encoding="utf-8")
        if links(text):
            check(f"the links of {file.relative_to(SOURCE)} lead somewhere",
                  dead_links(text, file.parent))


def check_configurations() -> None:
    with tempfile.TemporaryDirectory(prefix="crowd-confluence-docs.") as scratch:
        httpd = Httpd(pathlib.Path(scratch))
        complaint = httpd.complaint("")
        check("httpd loads the module", [complaint] if complaint else [])
        if complaint:
            return
        check("README.md shows a configuration",
              [] if apache_blocks(text_of("README.md")) else ["none was found"])
        for file in markdown_files():
            for number, block in enumerate(apache_blocks(file.read_text(encoding="utf-8")), 1):
                complaint = httpd.complaint(block)
                check(f"httpd accepts configuration {number} of {file.relative_to(SOURCE)}",
                      [complaint] if complaint else [])
        refused = httpd.complaint("CrowdConfluenceURL gopher://confluence.example.com\n")
        check("httpd refuses a configuration that is wrong",
              [] if "CrowdConfluenceURL" in refused else [f"it said: {refused or 'nothing'}"])


def check_the_checks() -> None:
    """What they prove depends on their seeing what is wrong."""
    sample = "# Top\n## A `b` c, d\n[x](#a-b-c-d) [y](#no) [z](no.md)\n```\n[n](code.md)\n```\n"
    check("a dead link is seen",
          [] if [d.split(":")[0] for d in dead_links(sample, SOURCE)] == ["#no", "no.md"]
          else [repr(dead_links(sample, SOURCE))])
    # In private, for this one must fail.
    with unittest.mock.patch.dict(globals(), passed=0, failed=0):
        with unittest.mock.patch("sys.stdout"):
            for names in ((["a"], []), ([], ["a"]), (["a"], ["a", "a"]), ([], [])):
                check_same("", *names)
        seen = failed
    code = r"""log(CCF_A "%s: no\"thing\" of " VERSION
               "; %.*s is left", x); log(CCF_B "all");"""
    patterns = list(message_patterns(code, {"CCF_A": "CCF0001", "CCF_B": "CCF0002"}).values())
    quotes = quoted_messages('> CCF0001: x: no"thing" of 1; y\n> is left\n\n> CCF0002: al\n')
    check("a message that is quoted wrongly is seen",
          [] if [[bool(pattern.fullmatch(quote)) for pattern in patterns] for quote in quotes]
          == [[True, False], [False, False]] else [repr((patterns, quotes))])
    check("a missing, superfluous or repeated section is seen",
          [] if seen == 4 else [f"{seen} of 4 were"])


def main() -> int:
    check_the_checks()
    check_directives()
    check_messages()
    check_quotes()
    check_reasons()
    check_links()
    if HTTPD:
        check_configurations()
    else:
        print("httpd itself was not found: configurations are not tried")
    return 0 if passed > 0 and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
