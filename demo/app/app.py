#!/usr/bin/env python3
"""Page finder: a small web app that shows its users their spaces and pages in Confluence.

It stands for the third-party app behind mod_crowd_confluence. confluence.py has the code that deals
with Confluence; this file uses it, in `find_pages()` and `Handler.show_pages()`. The rest is like
any other web app. behind_the_scenes/ belongs to the demo only.

    app.py --confluence URL --login PATH [--port N]

Listens on the loopback address only, because httpd stands in front: a client that reaches the app
without httpd could send it any cookie. The first line of output names the port.
"""

from __future__ import annotations

import argparse
import http.server
import pathlib
import signal
import sys
import urllib.parse
from dataclasses import dataclass

import pages
from behind_the_scenes import Explainer
from confluence import Call, Confluence, ConfluenceError, Forbidden, NoSession, NotFound, Page
from confluence import Refused, Space, Unavailable, User, UserSession, read_cookies

FOLDER = pathlib.Path(__file__).resolve().parent
# httpd's module is Off for these files: they are the same for everybody and need no Confluence.
STATIC_FILES = {
    "/app/static/style.css": ("style.css", "text/css"),
    "/app/static/demo.css": ("behind_the_scenes/demo.css", "text/css"),
    "/app/static/demo.js": ("behind_the_scenes/demo.js", "text/javascript"),
}


@dataclass(frozen=True)
class Settings:
    """How the app is set up."""

    confluence_url: str
    sso_cookie: str
    login_path: str  # Crowd's log-in page, on the same host as the app
    explain: Explainer | None


@dataclass(frozen=True)
class Found:
    """What Confluence shows to one user."""

    user: User
    spaces: list[tuple[Space, list[Page]]]  # each with its pages


def find_pages(confluence: Confluence) -> Found:
    """Asks Confluence, as the user, for everything that the page shows."""
    user = confluence.current_user()
    spaces = []
    for space in confluence.spaces():
        try:
            spaces.append((space, confluence.pages(space.key)))
        except (Forbidden, NotFound):
            continue  # the user has just lost access to this space, but not to the others
    return Found(user, spaces)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one connection from httpd."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        path = urllib.parse.urlsplit(self.path).path
        if path == "/app/":
            self.show_pages()
        elif path == "/app":
            self.send_body(301, "text/plain", b"", {"Location": "/app/"})
        elif path in STATIC_FILES:
            self.send_static(*STATIC_FILES[path])
        else:
            self.send_page(404, pages.not_found())

    do_HEAD = do_GET  # send_body() leaves the body out

    def do_POST(self) -> None:
        # No form of the app has fields, so the app does not read the body. It closes the
        # connection, so that nobody takes the body for the next request.
        self.close_connection = True
        path = urllib.parse.urlsplit(self.path).path
        explain = self.server.settings.explain
        if not self.comes_from_own_page():
            self.send_page(403, pages.foreign_form())
        elif path == "/app/logout":
            self.log_out()
        elif explain and explain.carry_out(path):
            self.send_body(303, "text/plain", b"", {"Location": "/app/"})
        else:
            self.send_page(404, pages.not_found())

    def show_pages(self) -> None:
        """Shows the app's one page, for each case that an app should distinguish."""
        settings = self.server.settings
        status, extra, calls = 200, {}, []
        user = None
        try:
            session = UserSession.from_request(self.headers, settings.sso_cookie)
            with Confluence(settings.confluence_url, session) as confluence:
                calls = confluence.calls
                found = find_pages(confluence)
            user, content = found.user, pages.spaces(found.spaces)
        except NoSession:
            # Headers that the demo's httpd.conf sets say why there is no session.
            result = self.headers.get("Confluenceresult", "missing")
            reason = self.headers.get("Confluencereason", "")
            if result == "unavailable":
                status, content = 503, pages.unavailable()
                extra = {"Retry-After": "30"}
            elif result == "rejected":
                status, content = 403, pages.rejected(reason, settings.login_path)
            else:
                content = pages.welcome(settings.login_path)
        except Refused as error:
            # The session has ended since httpd proved it. The header tells httpd so. httpd keeps
            # the header from the browser, and asks Confluence anew for the next request.
            status, content = 403, pages.refused(str(error))
            extra = {"X-Crowd-Confluence": "expired"}
        except (Forbidden, NotFound) as error:
            status, content = 403, pages.refused(str(error))
        except Unavailable as error:
            status, content = 503, pages.unavailable(str(error))
            extra = {"Retry-After": error.retry_after or "30"}
        self.send_page(status, content, user, extra, calls)

    def log_out(self) -> None:
        """Ends the single sign-on session in Confluence and Crowd, and in the browser."""
        settings = self.server.settings
        try:
            session = UserSession.from_request(self.headers, settings.sso_cookie)
            with Confluence(settings.confluence_url, session) as confluence:
                confluence.log_out()
        except ConfluenceError:
            pass  # nobody is logged in, or Confluence is down: the browser still drops its cookie
        # Path (and Domain, if any) must equal those with which Crowd set the cookie.
        removal = f'{settings.sso_cookie}=""; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'
        self.send_body(303, "text/plain", b"", {"Location": "/app/", "Set-Cookie": removal})

    def comes_from_own_page(self) -> bool:
        """Whether the app's own page sent the form. Browsers send the user's cookies with other
        sites' forms, too."""
        origin = self.headers.get("Origin")  # every browser sends it with a POST
        # httpd names the host that the browser asked in X-Forwarded-Host.
        host = self.headers.get("X-Forwarded-Host") or self.headers.get("Host")
        return origin is None or urllib.parse.urlsplit(origin).netloc == host

    def who(self, user: User | None) -> str:
        """The page's corner for a browser with a Crowd cookie, whether it is good or not."""
        cookies = dict(read_cookies(self.headers.get("Cookie", "")))
        if self.server.settings.sso_cookie not in cookies:
            return ""
        name = self.headers.get("Confluenceuser")  # httpd knows the name even if Confluence is down
        return pages.who(user or (User(name, name) if name else None))

    def send_page(
        self,
        status: int,
        content: str,
        user: User | None = None,
        extra: dict[str, str] | None = None,
        calls: list[Call] | None = None,
    ) -> None:
        explain = self.server.settings.explain
        demo = explain.parts(self.headers, calls or []) if explain else None
        body = pages.whole_page(content, self.who(user), demo).encode()
        # The page belongs to one user: no cache may keep it.
        headers = {"Cache-Control": "no-store", **(extra or {})}
        self.send_body(status, "text/html; charset=utf-8", body, headers)

    def send_static(self, name: str, kind: str) -> None:
        body = (FOLDER / name).read_bytes()
        self.send_body(200, f"{kind}; charset=utf-8", body, {"Cache-Control": "no-cache"})

    def send_body(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")  # httpd must not reuse the connection
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass  # httpd keeps the access log


class Server(http.server.ThreadingHTTPServer):
    """The app's server."""

    daemon_threads = True

    def __init__(self, port: int, settings: Settings):
        self.settings = settings
        # With address reuse, the system may give one free port to two servers that start together.
        self.allow_reuse_address = port != 0
        super().__init__(("127.0.0.1", port), Handler)


def main() -> None:
    parser = argparse.ArgumentParser(description="Shows users their spaces and pages.")
    parser.add_argument("--confluence", required=True, metavar="URL", help="its base URL")
    parser.add_argument("--login", required=True, metavar="PATH", help="Crowd's log-in page")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--sso-cookie", default="crowd.token_key", metavar="NAME")
    parser.add_argument(
        "--explain", metavar="URL", help="show what happens, for the demo; the simulator's controls"
    )
    options = parser.parse_args()
    explain = None
    if options.explain:
        explain = Explainer(options.sso_cookie, options.login, options.explain)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings(options.confluence, options.sso_cookie, options.login, explain)
    with Server(options.port, settings) as server:
        print(f"Serving on port {server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
