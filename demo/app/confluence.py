"""Calls Confluence's REST API as the user who sent the request.

An app behind mod_crowd_confluence needs no more than this. httpd has already asked Confluence who
the user is, and has added Confluence's session cookies to the request. So the app has no passwords
and no tokens to look after, and only three rules to keep:

1.  Send Confluence the cookies that came from httpd, *and* the Crowd cookie. With single sign-on,
    JSESSIONID alone authenticates nobody: the user always comes from the Crowd cookie.
2.  Send the X-Forwarded-For that came from httpd, unchanged, and add nothing. Crowd gave its token
    to one client address. Another address, or two of them, end the user's session.
3.  Send nothing else from the browser's request: no Authorization, no User-Agent, no cookies of
    your own. Some of them make Confluence do things that you do not want.

httpd removes whatever a browser sends under these names. So the app can trust them, as long as only
httpd can connect to the app.
"""

from __future__ import annotations

import fnmatch
import http.client
import json
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Mapping

# The cookie without which there is no session.
SESSION_COOKIE = "JSESSIONID"

# Further session cookies, for Confluence or for a load balancer in front of it: the XSRF token, and
# the cookies that lead to the node with the session. Keep this list the same as
# CrowdConfluenceSessionCookies in httpd's configuration.
COMPANION_COOKIES = (
    "atlassian.xsrf.token",
    "ATLROUTE*",
    "AWSALB*",
    "AWSELB",
    "AWSELBCORS",
    "ApplicationGatewayAffinity*",
    "ARRAffinity*",
    "GCLB",
    "GCILB",
    "X-Oracle-BMC-LBS-Route",
    "BIGipServer*",
    "INGRESSCOOKIE",
    "route",
    "ROUTEID",
    "SERVERID",
    "__VCAP_ID__",
)


class ConfluenceError(Exception):
    """Confluence did not do what the app asked. The app may show the text to the user."""


class NoSession(ConfluenceError):
    """The request has no session: the user has not logged in, or Confluence rejected the user."""


class Refused(ConfluenceError):
    """The request has a session, but Confluence does not accept it (any more)."""


class Forbidden(ConfluenceError):
    """The user may not do this. The session is as good as ever."""


class NotFound(ConfluenceError):
    """It does not exist, or the user may not know that it does."""


class Unavailable(ConfluenceError):
    """Confluence does not answer, or asks for another try later. Says nothing about the user."""

    def __init__(self, text: str, retry_after: str | None = None):
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True)
class UserSession:
    """The user's session, as it came from httpd with the request.

    It belongs to this one request. Do not keep it: each request brings a good one.
    """

    cookie_header: str = field(repr=False)  # as good as a password: keep it out of logs
    forwarded_for: str | None

    @classmethod
    def from_request(
        cls, headers: Mapping[str, str], sso_cookie: str = "crowd.token_key"
    ) -> UserSession:
        """Takes the session out of the request's headers. Raises NoSession if there is none."""
        wanted = (sso_cookie, SESSION_COOKIE, *COMPANION_COOKIES)
        # Not http.cookies: it removes quotes, and one odd cookie makes it drop all others.
        # Confluence must receive each value exactly as it came.
        cookies = [
            (name, value)
            for name, value in read_cookies(headers.get("Cookie", ""))
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)
        ]
        names = {name for name, _ in cookies}
        if SESSION_COOKIE not in names or sso_cookie not in names:
            raise NoSession("The request has no Confluence session.")
        return cls(
            cookie_header="; ".join(f"{name}={value}" for name, value in cookies),
            forwarded_for=headers.get("X-Forwarded-For"),
        )


def read_cookies(header: str) -> list[tuple[str, str]]:
    """The names and raw values of a Cookie header, in order, with duplicates."""
    cookies = []
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if name and equals:
            cookies.append((name, value))
    return cookies


@dataclass(frozen=True)
class User:
    """The user who is logged in."""

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
    """Confluence's REST API, for one request of one user.

    All calls together may take `seconds`: the user waits for the page, however many calls it needs.
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
        except Forbidden as error:  # some versions answer anonymous visitors with 403
            raise Refused("Your session in Confluence has ended.") from error
        # Confluence answers anonymous visitors with 200, too. Only `type` distinguishes them
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
        """Ends the user's single sign-on session everywhere: Confluence tells Crowd."""
        self._ask("/logout.action")

    def get_list(self, path: str, parts: int = 10, **query: Any) -> list[Any]:
        """A list that Confluence returns part by part; the first `parts` of it at most."""
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
        """Sends GET for `path` below the base URL, as the user. (A POST, PUT or DELETE also needs
        the header `X-Atlassian-Token: no-check`, unless its body is JSON.)"""
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
                "Confluence asks you to come back later.", answer.headers.get("Retry-After")
            )
        if status != 200 or not isinstance(answer.json, dict):
            raise not_understood()
        return answer.json

    def _ask(self, path: str) -> Call:
        if not path.startswith("/"):
            raise not_understood()  # Confluence sent a link that is no path
        headers = {
            "Cookie": self._session.cookie_header,
            "Accept": "application/json",
            # A browser's User-Agent would switch on checks for browsers.
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
        """Returns the connection; no operation on it waits longer than `seconds`."""
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
    """The text under these names, each inside the one before."""
    for name in names:
        json_object = json_object.get(name) if isinstance(json_object, dict) else None
    if not isinstance(json_object, str):
        raise not_understood()
    return json_object


def not_understood() -> Unavailable:
    return Unavailable("Confluence gave an unusable answer.")
