"""The panel beside the app: what httpd did with the request, and what Confluence answered."""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from typing import Any, Callable

from confluence import Call, read_cookies
from pages import text

from .request import Request
from .simulator import Simulator

CHANGES = {
    "added": "added by httpd",
    "replaced": "replaced by httpd",
    "removed": "removed by httpd",
    "passed": "passed on",
}

# State is shown by a shape as well as by colour.
SHAPES = {"session": "✔", "missing": "○", "rejected": "✖", "unavailable": "△"}

SOURCES = {
    "exchange": "httpd asked Confluence, with nothing but the Crowd cookie and your address.",
    "follower": "Another request of yours was asking Confluence; this one shares the outcome.",
    "table": "httpd remembered an earlier answer of Confluence, and asked nobody.",
    "": "httpd asked nobody.",
}

# The reasons that can come up in the demo. docs/troubleshooting.md has all of them.
REASONS = {
    "known": "Confluence's answer names you",
    "no-cookie": "your request has no Crowd cookie",
    "anonymous": "Confluence takes you for an anonymous visitor",
    "not-permitted": "Crowd knows you, but you may not use Confluence",
    "timeout": "no answer came within 3 seconds",
    "refused": "httpd could not connect to Confluence",
    "network": "the connection broke",
    "server-error": "Confluence answered with an error",
    "breaker-open": "three exchanges in a row failed, so httpd does not ask Confluence for some "
    "seconds",
}


class Panel:
    """The panel for one request."""

    def __init__(self, request: Request, calls: list[Call], simulator: Simulator, key: bytes):
        self._request = request
        self._calls = calls
        self._simulator = simulator
        self._key = key
        self._values: list[str] = []  # the values that have a mark, in the order of appearance

    def html(self) -> str:
        return f"""
    <aside id="behind" aria-label="Behind the scenes">
      <p class="title">Behind the scenes</p>
      {self._outcome()}{self._changes()}{self._called()}{self._arrived()}
    </aside>"""

    def _outcome(self) -> str:
        result, reason = self._request.result, self._request.reason
        explained = f": {REASONS[reason]}" if reason in REASONS else ""
        took = self._request.milliseconds
        return f"""
      <section data-result="{text(result)}" data-reason="{text(reason)}"
          data-source="{text(self._request.source)}">
        <h2>What httpd found out</h2>
        <p><b class="outcome {text(result)}"><span aria-hidden="true">{SHAPES.get(result, "")}</span>
          {text(result)}</b>
          ({text(reason)}{explained}).</p>
        <p>{SOURCES.get(self._request.source, "")}
          {"" if took is None else f"That took {took:,.1f} ms."} {self._address()}</p>
      </section>"""

    def _address(self) -> str:
        """Says why Crowd does not accept the log-in."""
        token = self._request.token
        if self._request.reason != "anonymous" or token is None:
            return ""
        here = self._request.address
        made_at = self._simulator.log_in_address(token, list(self._request.doors))
        if made_at is None:
            return "Crowd does not know this log-in any more."
        if made_at == here:
            return ""
        return f"""You logged in at
          <code data-made-at="{text(made_at)}">{text(made_at)}</code>, but this request came from
          <code>{text(here)}</code>. Crowd accepts a log-in only from the address at which you
          logged in."""

    def _changes(self) -> str:
        before = self._request.cookies("Demobrowsercookie")
        after = self._request.cookies()
        rows = [
            self._row("cookie", name, before.get(name), after.get(name), self._mark)
            for name in dict.fromkeys([*before, *after])
        ]
        rows.append(
            self._row(
                "header",
                "X-Forwarded-For",
                self._request.header("Demobrowserforwardedfor") or None,
                self._request.headers.get("X-Forwarded-For"),
                lambda address: f"<code>{text(address)}</code>",
            )
        )
        return f"""
      <section>
        <h2>What httpd did with your request</h2>
        <table>
          <thead><tr><th>Cookie or header</th><th>your browser sent</th><th>the app received</th>
          </tr></thead>
          <tbody>{"".join(rows)}</tbody>
        </table>
        <p>Same mark, same value.</p>
      </section>"""

    def _row(
        self,
        kind: str,
        name: str,
        before: str | None,
        after: str | None,
        show: Callable[[str], str],
    ) -> str:
        if before == after:
            change = "passed"
        elif before is None:
            change = "added"
        else:
            change = "removed" if after is None else "replaced"
        nothing = "<span class='none'>nothing</span>"
        return f"""
          <tr data-{kind}="{text(name)}" data-change="{change}">
            <th scope="row"><code>{text(name)}</code>
              <span class="change {change}">{CHANGES[change]}</span></th>
            <td data-label="your browser sent">{nothing if before is None else show(before)}</td>
            <td data-label="the app received">{nothing if after is None else show(after)}</td>
          </tr>"""

    def _mark(self, value: str) -> str:
        if value not in self._values:
            self._values.append(value)
        number = self._values.index(value)
        digest = hashlib.blake2b(value.encode(errors="replace"), key=self._key, digest_size=2)
        return (
            f'<span class="mark mark-{number % 6}" title="{len(value)} characters">'
            f"••• {digest.hexdigest()}</span>"
        )

    def _called(self) -> str:
        if self._calls:
            said = "".join(
                self._call(call, opened=number == 0) for number, call in enumerate(self._calls)
            )
        elif self._request.has_session:
            said = "<p>Nothing: this page needs nothing from Confluence.</p>"
        else:
            said = "<p>Nothing: the app received no session to ask with.</p>"
        return f"""
      <section>
        <h2>What the app asked Confluence</h2>{said}
      </section>"""

    def _call(self, call: Call, opened: bool) -> str:
        user = call.headers.get("X-AUSERNAME", "")
        if call.status is None:
            content = f"No answer: {call.failure}."
        else:
            lines = [
                f"{name}: {call.headers[name]}"
                for name in ("X-AUSERNAME", "X-Seraph-LoginReason", "X-Confluence-Cluster-Node")
                if name in call.headers
            ]
            content = "\n".join([*lines, "", _summary(call.json)])
        return f"""
        <details{" open" if opened else ""} data-asked="{text(call.path)}"
            data-status="{call.status or ""}" data-user="{text(user)}">
          <summary><code>{text(urllib.parse.unquote(call.path))}</code>
            <span class="status{"" if call.status == 200 else " failed"}">
              {call.status or "no answer"}, {1000 * call.seconds:,.0f} ms</span></summary>
          <pre>{text(content)}</pre>
        </details>"""

    def _arrived(self) -> str:
        """The latest requests with this user's token that the simulated Confluence recorded."""
        token, sso_cookie = self._request.token, self._request.sso_cookie
        latest: dict[str, dict[str, list[str]]] = {}
        for request in self._simulator.requests() if token else ():
            if f"{sso_cookie}={token}" in "; ".join(request.get("cookie", ())).split("; "):
                latest[request.get("user-agent", ["?"])[0]] = request
        if not latest:
            return ""
        rows = "".join(
            f"""
          <tr data-asker="{text(asker)}">
            <th scope="row"><code>{text(asker).replace("/", "/<wbr>")}</code></th>
            <td data-label="X-Forwarded-For">
              <code>{text(", ".join(request.get("x-forwarded-for", ["none"])))}</code></td>
            <td data-label="cookies">{self._named_marks("; ".join(request["cookie"]))}</td>
          </tr>"""
            for asker, request in latest.items()
        )
        return f"""
      <section>
        <h2>What arrived at Confluence</h2>
        <p>The latest requests with your Crowd cookie:</p>
        <table>
          <thead><tr><th>from</th><th>X-Forwarded-For</th><th>cookies</th></tr></thead>
          <tbody>{rows}</tbody>
        </table>
        <p>The app sends on Crowd's cookie and Confluence's own, as it received them, and no others.
          Confluence passes the Crowd cookie and the address to Crowd, which knows the address at
          which you logged in.</p>
      </section>"""

    def _named_marks(self, cookie_header: str) -> str:
        return "<br>".join(
            f"<code>{text(name)}</code> {self._mark(value)}"
            for name, value in read_cookies(cookie_header)
        )


def _summary(answer: Any) -> str:
    """Sums an answer up: the titles of a list, or the answer's own fields."""
    if not isinstance(answer, dict):
        return "no JSON object"
    results = answer.get("results")
    if isinstance(results, list):
        named = [each if isinstance(each, dict) else {} for each in results]
        titles = [str(each.get("title") or each.get("name") or "?") for each in named]
        return "\n".join(f"• {title}" for title in titles) or "an empty list"
    fields = {name: value for name, value in answer.items() if not isinstance(value, (dict, list))}
    return json.dumps(fields, indent=2, ensure_ascii=False)
