"""The simulated Crowd and Confluence: what they recorded, and how Confluence behaves."""

from __future__ import annotations

import base64
import http.client
import json
import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """A way in which Confluence behaves, and the calls of the control interface that cause it."""

    label: str
    story: str
    calls: tuple[tuple[str, dict[str, object]], ...]


CONDITIONS = {
    "well": Condition("is well again", "Confluence is well.", ()),
    "slow": Condition(
        "is slow",
        "Confluence takes 0.4 seconds for each answer.",
        (("/faults", {"kind": "late", "delay_ms": 400}),),
    ),
    "hanging": Condition(
        "hangs",
        "Confluence accepts requests and does not answer.",
        (("/faults", {"kind": "hang"}),),
    ),
    "down": Condition(
        "is down",
        "Nobody listens at Confluence's address.",
        (("/stop-listening", {"server": "confluence"}),),
    ),
}


@dataclass(frozen=True)
class Mistake:
    """Something that is set up wrongly, so that nobody is logged in."""

    label: str  # of the button that makes it
    story: str
    calls: tuple[tuple[str, dict[str, object]], ...]


# By the word of the cause that the check page names. docs/causes.md has all of them.
MISTAKES = {
    "untrusted-proxy": Mistake(
        "Crowd trusts no proxy",
        "Crowd does not trust httpd's address, and takes no user's address from it. At 127.0.0.1 you "
        "notice nothing, as httpd has the same address: mend it, log in at the other address (below), "
        "and make the mistake again.",
        (("/crowd", {"trusted_proxies": []}),),
    ),
    "cookie-name": Mistake(
        "Crowd's cookie has another name",
        "Crowd's cookie is called crowd.p.token_key now. Log out, and in again.",
        (("/crowd", {"cookie_name": "crowd.p.token_key"}),),
    ),
    "sso-off": Mistake(
        "Confluence without its authenticator",
        "Confluence's single sign-on is switched off: it pays no attention to Crowd's cookie.",
        (("/confluence", {"sso_enabled": False}),),
    ),
    "crowd-password": Mistake(
        "Crowd's password is another one",
        "The application's password was changed at Crowd. The check page still has the old one, and "
        "cannot ask Crowd.",
        (("/crowd", {"application_password": "another password of the demo"}),),
    ),
}


class Simulator:
    """Its control interface, and Crowd's REST API."""

    def __init__(self, control_url: str):
        self._control = control_url
        self.condition = "well"
        self.mistake = ""  # none

    def make_mistake(self, word: str) -> None:
        """Instead of the one before; an empty word: none."""
        self.make_confluence("well")
        for path, body in MISTAKES[word].calls if word else ():
            self._call("PATCH", path, body)
        self.mistake = word

    def make_confluence(self, condition: str) -> None:
        self._call("POST", "/mend")
        self.mistake = ""
        for path, body in CONDITIONS[condition].calls:
            self._call("POST", path, body)
        self.condition = condition

    def requests(self) -> list[dict[str, list[str]]]:
        """The headers of each request that Confluence received: lower-case name → values."""
        result = []
        for request in self._call("GET", "/requests?server=confluence")["requests"]:
            fields: dict[str, list[str]] = {}
            for name, value in request["headers"]:
                fields.setdefault(name.lower(), []).append(value)
            result.append(fields)
        return result

    def log_in_address(self, token: str, candidates: list[str]) -> str | None:
        """The one of these addresses from which Crowd accepts the token. Asks as an administrator
        would."""
        crowd = self._call("GET", "")
        name = crowd["crowd"]["application_name"], crowd["crowd"]["application_password"]
        login = base64.b64encode(":".join(name).encode()).decode()
        url = f"{crowd['crowd_url']}/rest/usermanagement/1/session/"
        url += urllib.parse.quote(token, safe="")
        for candidate in candidates:
            factors = [{"name": "remote_address", "value": candidate}]
            status, _ = _ask(
                "POST", url, {"validationFactors": factors}, {"Authorization": f"Basic {login}"}
            )
            if status == 200:
                return candidate
        return None

    def _call(self, method: str, path: str, body: dict | None = None) -> dict:
        status, answer = _ask(method, f"{self._control}/__control{path}", body)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer


def _ask(
    method: str, url: str, body: dict | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict]:
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        content = None if body is None else json.dumps(body)
        kind = {"Content-Type": "application/json", "Accept": "application/json"}
        target = f"{where.path}?{where.query}" if where.query else where.path
        connection.request(method, target, content, {**kind, **(headers or {})})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()
