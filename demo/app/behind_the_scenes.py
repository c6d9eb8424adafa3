"""The demo's panel beside the app: what httpd did with the request, what Confluence answered.

A real app has nothing of the kind. The demo's httpd.conf hands over, under names that begin with
X-Demo-, what the browser sent before mod_crowd_confluence changed it. Cookie values are passwords:
the panel shows only a mark that is the same for the same value, and means nothing elsewhere.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import secrets
import urllib.parse
from typing import Mapping

from confluence import SESSION_COOKIE, Answer, read_cookies
from pages import text

# The people in the simulated Crowd's directory: user name, password, name, what they may see.
PEOPLE = (
    ("alice", "alice", "Alice Archer", "works in the laboratory"),
    ("bob", "bob", "Bob Baker", "works in personnel"),
    ("carol", "carol", "Carol Clark", "sees what all employees see"),
    ("dave", "dave", "Dave Dorn", "may not use Confluence"),
)

HOME_ADDRESS = "127.0.0.1"

CHANGES = {
    "added": "added by httpd",
    "replaced": "replaced by httpd",
    "removed": "removed by httpd",
    "passed": "passed on",
}


class Explainer:
    """Makes the panel. Its marks are good for as long as it lives."""

    def __init__(self, sso_cookie: str, login_path: str, simulator_url: str):
        self._sso_cookie = sso_cookie
        self._simulator = urllib.parse.urlsplit(simulator_url)
        self._login_path = login_path
        self._key = secrets.token_bytes(16)

    def panel(self, headers: Mapping[str, str], answers: list[Answer]) -> str:
        """What happened. `headers` as the app received them, `answers` as Confluence gave them."""
        return f"""
    <aside aria-label="Behind the scenes">
      <p class="title">Behind the scenes</p>
      {self._request(headers)}{self._answers(headers, answers)}{self._arrived(headers)}
    </aside>"""

    def box(self, headers: Mapping[str, str]) -> str:
        """What the demo's visitor can try."""
        names = [name for name, _ in read_cookies(headers.get("Cookie", ""))]
        people = "" if SESSION_COOKIE in names else self._people()
        tricks = self._forgery() + self._address(headers) if self._sso_cookie in names else ""
        return f"""
    <div class="box">
      <p class="title">The demo</p>
      {people}{tricks}
    </div>"""

    def _people(self) -> str:
        forms = "".join(
            f"""
          <form method="post" action="{text(self._login_path)}">
            <input type="hidden" name="username" value="{text(user)}">
            <input type="hidden" name="password" value="{text(password)}">
            <input type="hidden" name="dest" value="/app/">
            <button class="person"><span class="badge" aria-hidden="true">{text(name[:1])}</span>
              <span>{text(name)}
                <small>user <b>{text(user)}</b>, password <b>{text(password)}</b>;
                  {text(about)}</small></span></button>
          </form>"""
            for user, password, name, about in PEOPLE
        )
        return f"""
      <section>
        <h2>Who would you like to be?</h2>
        <p>A click logs you in at the simulated Crowd, which gives your browser the cookie
          <code>{text(self._sso_cookie)}</code>.</p>
        <div class="people">{forms}</div>
      </section>"""

    def _request(self, headers: Mapping[str, str]) -> str:
        before = dict(reversed(_cookies(headers, "X-Demo-Browser-Cookie")))
        after = dict(reversed(_cookies(headers, "Cookie")))
        rows = [
            self._row("cookie", name, before.get(name), after.get(name), self._mark)
            for name in dict.fromkeys([*before, *after])
        ]
        rows.append(
            self._row(
                "header",
                "X-Forwarded-For",
                headers.get("X-Demo-Browser-Forwarded-For") or None,
                headers.get("X-Forwarded-For"),
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
        <p>Same mark, same value. The app sends to Confluence exactly what it received.</p>
      </section>"""

    def _forgery(self) -> str:
        return f"""
      <section>
        <h2>Forge a session</h2>
        <p>Give your browser a cookie <code>{text(SESSION_COOKIE)}</code> of its own and see what
          becomes of it. httpd throws away whatever a browser sends under that name.</p>
        <p><button class="button faint" data-forge="{text(SESSION_COOKIE)}">Forge a
          {text(SESSION_COOKIE)}</button></p>
      </section>"""

    def _row(self, kind, name, before, after, show) -> str:
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
        digest = hashlib.blake2b(value.encode(errors="replace"), key=self._key, digest_size=3)
        mark = digest.hexdigest()
        return (
            f'<span class="mark mark-{int(mark, 16) % 6}" title="{len(value)} characters">'
            f"••• {mark[:4]}</span>"
        )

    def _answers(self, headers: Mapping[str, str], answers: list[Answer]) -> str:
        result = headers.get("X-Crowd-Confluence-Result", "")
        reason = headers.get("X-Crowd-Confluence-Reason", "")
        asked = "asked Confluence, with the Crowd cookie and your address alone"
        if headers.get("X-Demo-Source") == "table":
            asked = "asked Confluence a moment ago, and remembers the answer"
        outcome = f"""
        <p>httpd {asked}:
          <b class="outcome {text(result)}" data-result="{text(result)}">{text(result)}</b>
          {f"({text(reason)})" if reason else ""}.</p>"""
        if result == "missing":
            outcome = """
        <p>httpd did not ask Confluence: your request had no Crowd cookie.
          <b class="outcome missing" data-result="missing">missing</b></p>"""
        if not answers:
            said = "<p>The app did not ask Confluence: it received no session.</p>"
        else:
            said = "<p>Then the app asked:</p>" + "".join(
                self._answer(answer, opened=number == 0) for number, answer in enumerate(answers)
            )
        return f"""
      <section>
        <h2>What Confluence answered</h2>{outcome}{said}
      </section>"""

    def _answer(self, answer: Answer, opened: bool) -> str:
        lines = [
            f"{name}: {', '.join(values)}"
            for name in ("X-AUSERNAME", "X-Seraph-LoginReason", "X-Confluence-Cluster-Node")
            if (values := answer.headers.get_all(name))  # type: ignore[attr-defined]
        ]
        body = json.dumps(answer.json, indent=2, ensure_ascii=False)
        content = "\n".join([*lines, "", _shortened(body)])
        return f"""
        <details{" open" if opened else ""} data-asked="{text(answer.path)}"
            data-status="{answer.status}" data-user="{text(answer.headers.get("X-AUSERNAME", ""))}">
          <summary><code>{text(urllib.parse.unquote(answer.path))}</code>
            <span class="status">{answer.status}</span></summary>
          <pre>{text(content)}</pre>
        </details>"""

    def _arrived(self, headers: Mapping[str, str]) -> str:
        """What the simulated Confluence noted down of the latest questions about this user."""
        token = dict(reversed(_cookies(headers, "Cookie"))).get(self._sso_cookie)
        latest: dict[str, dict[str, list[str]]] = {}
        for request in self._requests() if token else ():
            if f"{self._sso_cookie}={token}" in "; ".join(request.get("cookie", ())).split("; "):
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
        <p>The latest questions with your Crowd cookie:</p>
        <table>
          <thead><tr><th>from</th><th>X-Forwarded-For</th><th>cookies</th></tr></thead>
          <tbody>{rows}</tbody>
        </table>
        <p>Confluence hands this address and the Crowd cookie on to Crowd, which knows where the
          log-in was made.</p>
      </section>"""

    def _named_marks(self, cookie_header: str) -> str:
        return "<br>".join(
            f"<code>{text(name)}</code> {self._mark(value)}"
            for name, value in read_cookies(cookie_header)
        )

    def _requests(self) -> list[dict[str, list[str]]]:
        """The headers of what the simulated Confluence received: lower-case name → values."""
        where = self._simulator
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
        try:
            connection.request("GET", "/__control/requests?server=confluence")
            received = json.loads(connection.getresponse().read())["requests"]
        finally:
            connection.close()
        result = []
        for request in received:
            fields: dict[str, list[str]] = {}
            for name, value in request["headers"]:
                fields.setdefault(name.lower(), []).append(value)
            result.append(fields)
        return result

    def _address(self, headers: Mapping[str, str]) -> str:
        address = headers.get("X-Demo-Client-Address", "")
        doors = dict(door.split("=") for door in headers.get("X-Demo-Doors", "").split())
        others = [door for door in doors.items() if door[0] != address]
        if not others:
            return ""
        other, port = others[0]
        host = urllib.parse.urlsplit("//" + headers.get("Host", "")).hostname or HOME_ADDRESS
        link = f"http://{host}:{port}/app/"
        if address == HOME_ADDRESS:
            story = f"""This link leads to the same page with the same cookies, by way of another
          address: as if somebody had taken them to the machine {text(other)}."""
            label = f"The same cookies at {other}"
        else:
            story = f"""Your browser came by another way, so this is your address now. The log-in
          from {text(other)} is worth nothing here, and one made here is worth nothing there."""
            label = f"Back to {other}"
        return f"""
      <section>
        <h2>Go to another address</h2>
        <p>httpd sees you at <code data-address="{text(address)}">{text(address)}</code> and tells
          Confluence, and Confluence tells Crowd. There a log-in is good only from the address at
          which it was made. {story}</p>
        <p><a class="button faint" href="{text(link)}">{text(label)}</a></p>
      </section>"""


def _cookies(headers: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    return read_cookies(headers.get(name, ""))


def _shortened(content: str, lines: int = 20) -> str:
    parts = content.splitlines()
    return content if len(parts) <= lines else "\n".join([*parts[:lines], "…"])
