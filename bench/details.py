"""Where the instructions of a hit and of a miss go: by step, by object and by function."""

from __future__ import annotations

import collections
import pathlib
import re

from callgrind import Profile

# What a function of each object is about. The first that fits counts.
GROUPS = (
    ("the module", r"mod_crowd_confluence\.so"),
    ("core, with Boost.JSON and Boost.Beast", r"libcrowd_confluence\.so"),
    ("libsodium: the visitor's hash", r"libsodium"),
    ("libcurl", r"libcurl|libnghttp2|libssl|libcrypto"),
    ("httpd and its modules", r"apache2|httpd|/mod_[a-z_]+\.so"),
    ("APR: tables, pools", r"libapr"),
    ("C library: heap", r"lib(c\.so|c-).*:.*(malloc|free|calloc|realloc|_int_|unlink_chunk)"),
    ("C library: all else", r"libc\.so|libc-|ld-linux|libpthread|vdso|\?\?\?"),
    ("C++ library", r"libstdc\+\+"),
)


def tables(hit: Profile, miss: Profile, base: Profile) -> list[str]:
    return (
        _where(hit, miss, base)
        + _objects(hit, miss, base)
        + _functions("hit", hit, base)
        + _functions("miss", miss, base)
    )


def _parts(profile: Profile) -> dict[str, float]:
    """The module's work, step by step. What the compiler has inlined counts where it went."""
    fixup = profile.within("fix_up_request")
    take_apart = profile.within("RequestHeaders::take_apart")
    put_together = profile.within("RequestHeaders::put_together")
    find = profile.within("SessionBroker::find")
    key = profile.within("VisitorHash::key_of")
    read = profile.within("SessionBroker::Impl::find_in_table")
    exchange = profile.within("ConfluenceClient::exchange")
    judge = profile.within("judge")
    parsing = profile.within("JsonObject::parse") + profile.within("JsonObject::~JsonObject")
    reading = profile.within(r"ResponseReader::\S*")
    sending_and_waiting = profile.within("HttpConnection::(send|receive|is_stale)")
    response = profile.within("insert_response_filter") + (
        profile.within("filter_response") - profile.called_by("filter_response", "^ap_pass_brigade")
    )
    return {
        "the browser's headers are taken apart": take_apart,
        "the visitor's key is hashed": key,
        "the table is read": read,
        "who asks? breaker, limit, lease; the table is written": find - key - read - exchange,
        "libcurl sends the request, waits and receives": sending_and_waiting,
        "Beast reads the answer": reading,
        "its JSON is parsed": parsing,
        "is it a session? its cookies": judge - parsing,
        "the request to Confluence is made; small things": exchange
        - judge
        - reading
        - sending_and_waiting,
        "the app's headers are put together": put_together,
        "the rest of the fixup: variables, which Confluence": fixup
        - take_apart
        - put_together
        - find,
        "the response is looked at": response,
    }


def _where(hit: Profile, miss: Profile, base: Profile) -> list[str]:
    rows = list(zip(_parts(hit).items(), _parts(miss).values()))
    lines = ["", "| step | hit | miss |", "|---|---:|---:|"]
    lines += [f"| {name} | {a:,.0f} | {b:,.0f} |" for (name, a), b in rows]
    rest = [
        each.total() - base.total() - sum(_parts(each).values()) for each in (hit, miss)
    ]
    return lines + [f"| httpd around it | {rest[0]:,.0f} | {rest[1]:,.0f} |"]


def _group(place: tuple[str, str]) -> str:
    text = ":".join(place)
    return next((name for name, pattern in GROUPS if re.search(pattern, text)), "other")


def _objects(hit: Profile, miss: Profile, base: Profile) -> list[str]:
    by_group: dict[str, list[float]] = {name: [0, 0] for name, _ in GROUPS}
    for column, profile in enumerate((hit, miss)):
        for place in profile.own.keys() | base.own.keys():
            group = by_group.setdefault(_group(place), [0, 0])
            group[column] += profile.own[place] - base.own[place]
    lines = ["", "| code of | hit | miss |", "|---|---:|---:|"]
    return lines + [f"| {name} | {a:,.0f} | {b:,.0f} |" for name, (a, b) in by_group.items()]


def _functions(name: str, profile: Profile, base: Profile, most: int = 12) -> list[str]:
    """The functions that take most more, without what they call."""
    more: collections.Counter = collections.Counter()
    for place in profile.own.keys() | base.own.keys():
        file = pathlib.Path(place[0]).name
        more[file, _short(place[1])] += profile.own[place] - base.own[place]
    lines = ["", f"| function that takes most in a {name} | |", "|---|---:|"]
    for (file, function), number in more.most_common(most):
        lines.append(f"| {function} in {file} | {number:,.0f} |")
    return lines


def _short(function: str) -> str:
    if function.startswith("0x"):
        return "functions without a name"
    function = re.sub(r"crowd_confluence::|\(anonymous namespace\)::", "", function)
    return "`" + re.sub(r"[<(].*|\[abi:.*|'\d+$", "", function).rpartition(" ")[2] + "`"
