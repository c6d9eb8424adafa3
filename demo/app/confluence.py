"""Calls Confluence's REST API as the user whose request this is.

This is all that an app behind mod_crowd_confluence needs. httpd has already asked Confluence and
Crowd who the user is, and has added Confluence's session cookies to the request. So there are no
passwords and no tokens to look after here, only three rules:

1.  Send Confluence the cookies that httpd handed over, *and* the Crowd cookie. With single sign-on,
    JSESSIONID alone is nobody: the user always comes from the Crowd cookie.
2.  Send the X-Forwarded-For that httpd handed over, unchanged, and nothing besides it. Crowd gave
    its token to one client address; another address, or two of them, end the user's session.
3.  Send nothing else of the browser's request: no Authorization, no User-Agent, no cookies of your
    own. Some of them make Confluence do things that you do not want.

httpd removes whatever a browser sends under these names, so what stands in the request can be
trusted, as long as httpd is the only one who can connect to the app.
"""

from __future__ import annotations

import fnmatch
import http.client
import json
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Mapping

# The cookie that makes up the session. Without it httpd had no session to hand over.
SESSION_COOKIE = "JSESSIONID"

# The other cookies that Confluence or a load balancer in front of it wants to see again: the XSRF
# token, and those that lead to the node on which the session lives. Keep this list the same as
# CrowdConfluenceSessionCookies in httpd's configuration.
COMPANION_COOKIES = (
    "atlassian.xsrf.token",
    "AWSALB*",
    "ROUTEID",
    "BIGipServer*",
    "__VCAP_ID__",
)


class ConfluenceError(Exception):
    """Confluence did not do what was asked. Its text may be shown to the user."""


class NoSession(ConfluenceError):
    """httpd handed over no session: the user has not logged in, or was refused."""


class Refused(ConfluenceError):
    """There was a session, but Confluence does not take it (any more)."""


class Unavailable(ConfluenceError):
    """Confluence does not answer, or asks to come back later. Says nothing about the user."""

    def __init__(self, text: str, retry_after: str | None = None):
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True)
class UserSession:
    """What httpd handed over: the session of the user whose request this is.

    It belongs to this one request. Do not keep it: httpd hands over a good one with each request.
    """

    cookie_header: str = field(repr=False)  # as good as a password: keep it out of logs
    forwarded_for: str | None

    @classmethod
    def from_request(
        cls, headers: Mapping[str, str], sso_cookie: str = "crowd.token_key"
    ) -> UserSession:
        """Takes the session out of the request's headers. Raises NoSession if there is none."""
        wanted = (sso_cookie, SESSION_COOKIE, *COMPANION_COOKIES)
        # Not http.cookies: it takes quotes away, and one odd cookie makes it drop all others.
        # Confluence must get each value exactly as it came.
        cookies = [
            (name, value)
            for name, value in read_cookies(headers.get("Cookie", ""))
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)
        ]
        names = {name for name, _ in cookies}
        if SESSION_COOKIE not in names or sso_cookie not in names:
            raise NoSession("httpd handed over no Confluence session.")
        return cls(
            cookie_header="; ".join(f"{name}={value}" for name, value in cookies),
            forwarded_for=headers.get("X-Forwarded-For"),
        )


def read_cookies(header: str) -> list[tuple[str, str]]:
    """Names and raw values of a Cookie header, in order, duplicates included."""
    cookies = []
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if name and equals:
            cookies.append((name, value))
    return cookies


@dataclass(frozen=True)
class Answer:
    """One answer of Confluence's."""

    path: str
    status: int
    headers: Mapping[str, str]
    json: Any


class Confluence:
    """Confluence's REST API, for one user and one request of theirs."""

    def __init__(self, base_url: str, session: UserSession, timeout: float = 5.0):
        self._base = urllib.parse.urlsplit(base_url.rstrip("/"))
        self._session = session
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None
        self.answers: list[Answer] = []  # everything that Confluence said, the latest last

    def __enter__(self) -> Confluence:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._connection:
            self._connection.close()

    def current_user(self) -> dict[str, Any]:
        """The user as Confluence knows them: username, displayName, …"""
        user = self.get("/rest/api/user/current")
        # Confluence answers 200 to anonymous visitors, too. Only `type` tells them apart
        # (`displayName` is translated).
        if user.get("type") != "known":
            raise Refused("Confluence does not know who you are: the session is over.")
        return user

    def spaces(self) -> list[dict[str, Any]]:
        """The spaces that the user may see: key, name, …"""
        return self.get("/rest/api/space", limit=50)["results"]

    def pages(self, space_key: str) -> list[dict[str, Any]]:
        """The pages of a space that the user may see: id, title, …"""
        return self.get("/rest/api/content", spaceKey=space_key, type="page", limit=50)["results"]

    def log_out(self) -> None:
        """Ends the user's single sign-on session, everywhere: Confluence tells Crowd."""
        self._ask("/logout.action")

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """GET `path` below the base URL, as the user. (A POST, PUT or DELETE would also need the
        header `X-Atlassian-Token: no-check`, unless its body is JSON.)"""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        answer = self._ask(path)
        if answer.status in (401, 403) or 300 <= answer.status < 400:
            # A redirect leads to the log-in page.
            raise Refused(f"Confluence refuses access (status {answer.status}).")
        if answer.status in (429, 503):
            raise Unavailable(
                "Confluence asks to come back later.", answer.headers.get("Retry-After")
            )
        if answer.status != 200 or not isinstance(answer.json, dict):
            raise Unavailable(f"Confluence gave an answer of no use (status {answer.status}).")
        return answer.json

    def _ask(self, path: str) -> Answer:
        headers = {
            "Cookie": self._session.cookie_header,
            "Accept": "application/json",
            # A browser's User-Agent would switch on checks that are meant for browsers.
            "User-Agent": "page-finder/1.0",
        }
        if self._session.forwarded_for is not None:
            headers["X-Forwarded-For"] = self._session.forwarded_for
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request("GET", self._base.path + path, headers=headers)
            response = self._connection.getresponse()  # does not follow redirects
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection = None
            raise Unavailable(f"Confluence does not answer: {error}.") from error
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        answer = Answer(path, response.status, response.headers, content)
        self.answers.append(answer)
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        return kind[self._base.scheme](
            self._base.hostname or "", self._base.port, timeout=self._timeout
        )
