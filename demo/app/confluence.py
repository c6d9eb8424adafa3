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
import time
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


class Forbidden(ConfluenceError):
    """The user may not do this. The session is as good as ever."""


class NotFound(ConfluenceError):
    """It does not exist, or the user may not know that it does."""


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
class User:
    """Whoever is logged in."""

    username: str
    display_name: str


@dataclass(frozen=True)
class Space:
    """A space that the user may see."""

    key: str
    name: str


@dataclass(frozen=True)
class Page:
    """A page that the user may see. `url` is where Confluence itself shows it."""

    title: str
    url: str


@dataclass(frozen=True)
class Call:
    """One call of Confluence, for logs and the like."""

    path: str
    seconds: float
    status: int | None = None  # None: no answer came
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None  # None: the answer was not JSON
    failure: str = ""  # why no answer came; for an administrator, not for the user


class Confluence:
    """Confluence's REST API, for one user and one request of theirs.

    All calls together may take `seconds`: whoever waits for a page does not care how many they are.
    """

    def __init__(self, base_url: str, session: UserSession, seconds: float = 5.0):
        self._url = base_url.rstrip("/")
        self._base = urllib.parse.urlsplit(self._url)
        self._session = session
        self._deadline = time.monotonic() + seconds
        self._connection: http.client.HTTPConnection | None = None
        self.calls: list[Call] = []  # the latest last

    def __enter__(self) -> Confluence:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._connection:
            self._connection.close()

    def current_user(self) -> User:
        """The user as Confluence knows them."""
        try:
            user = self.get("/rest/api/user/current")
        except Forbidden as error:  # how some versions say that it is nobody
            raise Refused("Your session in Confluence has ended.") from error
        # Confluence answers 200 to anonymous visitors, too. Only `type` tells them apart
        # (`displayName` is translated).
        if text_in(user, "type") != "known":
            raise Refused("Your session in Confluence has ended.")
        return User(text_in(user, "username"), text_in(user, "displayName"))

    def spaces(self) -> list[Space]:
        """The spaces that the user may see."""
        return [
            Space(text_in(each, "key"), text_in(each, "name"))
            for each in self.get_list("/rest/api/space")
        ]

    def pages(self, space_key: str) -> list[Page]:
        """The pages of a space that the user may see."""
        return [
            Page(text_in(each, "title"), self._url + text_in(each, "_links", "webui"))
            for each in self.get_list("/rest/api/content", spaceKey=space_key, type="page")
        ]

    def log_out(self) -> None:
        """Ends the user's single sign-on session, everywhere: Confluence tells Crowd."""
        self._ask("/logout.action")

    def get_list(self, path: str, parts: int = 10, **query: Any) -> list[Any]:
        """A list, of which Confluence gives a part at a time: as many parts as that at most."""
        found: list[Any] = []
        answer = self.get(path, **query, limit=50)
        for part in range(parts):
            results, links = answer.get("results"), answer.get("_links", {})
            if not isinstance(results, list) or not isinstance(links, dict):
                raise not_understood()
            found += results
            if "next" not in links or part + 1 == parts:
                break
            answer = self.get(text_in(links, "next"))  # below the base URL, with its query
        return found

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """GET `path` below the base URL, as the user. (A POST, PUT or DELETE would also need the
        header `X-Atlassian-Token: no-check`, unless its body is JSON.)"""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        answer = self._ask(path)
        status = answer.status or 0
        if status == 401 or 300 <= status < 400:  # a redirect leads to the log-in page
            raise Refused("Your session in Confluence has ended.")
        if status == 403:
            raise Forbidden("You may not do this in Confluence.")
        if status == 404:
            raise NotFound("Confluence does not have this, or not for you.")
        if status in (429, 503):
            raise Unavailable(
                "Confluence asks to come back later.", answer.headers.get("Retry-After")
            )
        if status != 200 or not isinstance(answer.json, dict):
            raise not_understood()
        return answer.json

    def _ask(self, path: str) -> Call:
        if not path.startswith("/"):
            raise not_understood()  # it came from Confluence, and would be no path there
        headers = {
            "Cookie": self._session.cookie_header,
            "Accept": "application/json",
            # A browser's User-Agent would switch on checks that are meant for browsers.
            "User-Agent": "page-finder/1.0",
        }
        if self._session.forwarded_for is not None:
            headers["X-Forwarded-For"] = self._session.forwarded_for
        began = time.monotonic()
        try:
            connection = self._connect(self._deadline - began)
            connection.request("GET", self._base.path + path, headers=headers)
            response = connection.getresponse()  # does not follow redirects
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            if self._connection:
                self._connection.close()
            failure = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self.calls.append(Call(path, time.monotonic() - began, failure=failure))
            raise Unavailable("Confluence does not answer.") from error
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = None
        took = time.monotonic() - began
        self.calls.append(Call(path, took, response.status, response.headers, content))
        return self.calls[-1]

    def _connect(self, seconds: float) -> http.client.HTTPConnection:
        """The connection, on which nothing is waited for longer than `seconds`."""
        if seconds <= 0:
            raise TimeoutError("no time is left for this page")
        if self._connection is None:
            kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
            self._connection = kind[self._base.scheme](self._base.hostname or "", self._base.port)
        self._connection.timeout = seconds
        if self._connection.sock:
            self._connection.sock.settimeout(seconds)
        return self._connection


def text_in(json_object: Any, *names: str) -> str:
    """The text under these names, one inside the other."""
    for name in names:
        json_object = json_object.get(name) if isinstance(json_object, dict) else None
    if not isinstance(json_object, str):
        raise not_understood()
    return json_object


def not_understood() -> Unavailable:
    return Unavailable("Confluence gave an answer of no use.")
