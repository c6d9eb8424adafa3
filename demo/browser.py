"""The part of a browser that the demo's transcript needs."""

from __future__ import annotations

import html.parser
import http.client
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Reply:
    """The answer that the browser received."""

    status: int
    headers: http.client.HTTPMessage
    body: str
    # The page's elements that carry data-… attributes, each as its attributes.
    marked: list[dict[str, str]] = field(default_factory=list)

    def value(self, attribute: str) -> str | None:
        return next((each[attribute] for each in self.marked if attribute in each), None)

    def values(self, attribute: str) -> list[str]:
        return [each[attribute] for each in self.marked if attribute in each]

    def change(self, kind: str, name: str) -> str | None:
        """What httpd did with a cookie or header, as the panel says it."""
        return next((e["data-change"] for e in self.marked if e.get(f"data-{kind}") == name), None)


class _Marks(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        data = {name: value or "" for name, value in attrs if name.startswith("data-")}
        if data:
            self.found.append(data)


class Browser:
    """A browser with cookies and an address of its own."""

    def __init__(self, port: int, address: str = "127.0.0.1"):
        self.port = port
        self.address = address
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Reply:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, **form: str) -> Reply:
        body = urllib.parse.urlencode(form)
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def log_in(self, user: str) -> Reply:
        return self.post("/crowd/console/login", username=user, password=user, dest="/app/")

    def check(self, path: str) -> Reply:
        """Has the check page ask, as a script does: the answer is JSON."""
        headers = {
            "X-Crowd-Confluence-Check": "run",
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._ask("POST", path, "", headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=30, source_address=(self.address, 0)
        )
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if self.cookies:
                named["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
            connection.request(method, path, body, named)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or []:
            self._keep(line)
        marks = _Marks()
        marks.feed(text)
        return Reply(response.status, response.headers, text, marks.found)

    def _keep(self, line: str) -> None:
        pair, *attributes = line.split(";")
        name, _, value = pair.strip().partition("=")
        ends = any(each.strip().lower() == "max-age=0" for each in attributes)
        if ends or value in ("", '""'):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value
