#!/usr/bin/env python3
"""Page finder: a small web app that shows its users their spaces and pages in Confluence.

It stands for the third-party app behind mod_crowd_confluence. What an app has to know about
Confluence is in confluence.py; here it is used: `find_pages()` is the part to read. The rest is
what any web app has. behind_the_scenes.py belongs to the demo only.

    app.py --confluence URL --login PATH [--port N]

Listens on the loopback address only, for httpd stands in front: whoever could connect to the app
past httpd could send it any cookie. Says on its first line of output which port it serves.
"""

from __future__ import annotations

import argparse
import http.server
import pathlib
import signal
import sys
import urllib.parse
from dataclasses import dataclass

import behind_the_scenes
import pages
from confluence import Answer, Confluence, ConfluenceError, NoSession, Refused, Unavailable
from confluence import UserSession

FOLDER = pathlib.Path(__file__).resolve().parent
STATIC_FILES = {"style.css": "text/css", "demo.js": "text/javascript"}


@dataclass(frozen=True)
class Settings:
    """How the app is set up."""

    confluence_url: str
    sso_cookie: str
    login_path: str  # Crowd's log-in page, on the same host as the app
    explain: behind_the_scenes.Explainer | None


@dataclass(frozen=True)
class Found:
    """What Confluence shows to one user."""

    user: dict
    spaces: list[tuple[dict, list[dict]]]  # each with its pages


def find_pages(confluence: Confluence) -> Found:
    """Asks Confluence, as the user, for all that the page shows."""
    user = confluence.current_user()
    spaces = [(space, confluence.pages(space["key"])) for space in confluence.spaces()]
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
        elif path.removeprefix("/app/") in STATIC_FILES:
            self.send_static(path.removeprefix("/app/"))
        else:
            self.send_page(404, pages.message("There is no such page", "Start again at the top."))

    def do_POST(self) -> None:
        # No form of the app has fields, so a body is of no interest. It must not be taken for the
        # next request of this connection, though.
        self.close_connection = True
        if urllib.parse.urlsplit(self.path).path == "/app/logout":
            self.log_out()
        else:
            self.send_page(404, pages.message("There is no such page", "Start again at the top."))

    def show_pages(self) -> None:
        """The app's one page, for each of the four cases that an app should tell apart."""
        settings = self.server.settings
        status, extra, answers = 200, {}, []
        try:
            session = UserSession.from_request(self.headers, settings.sso_cookie)
            with Confluence(settings.confluence_url, session) as confluence:
                answers = confluence.answers
                found = find_pages(confluence)
            content, user = pages.spaces(found.spaces), found.user
        except NoSession:
            # httpd tells in a header of its own (see the demo's httpd.conf) why there is none.
            user = None
            result = self.headers.get("X-Crowd-Confluence-Result", "missing")
            if result == "unavailable":
                status, content = 503, pages.try_again()
                extra = {"Retry-After": "30"}
            elif result == "rejected":
                status, content = 403, pages.rejected(settings.login_path)
            else:
                content = pages.welcome(settings.login_path)
        except Refused as error:
            # The session has ended since httpd proved it. The header says so to httpd, which keeps
            # it from the browser and asks Confluence anew for the next request.
            user, status, content = None, 403, pages.refused(str(error), settings.login_path)
            extra = {"X-Crowd-Confluence": "expired"}
        except Unavailable as error:
            user, status, content = None, 503, pages.try_again(str(error))
            extra = {"Retry-After": error.retry_after or "30"}
        self.send_page(status, content, user, extra, answers)

    def log_out(self) -> None:
        """Ends the single sign-on session in Confluence and Crowd, and in the browser."""
        settings = self.server.settings
        try:
            session = UserSession.from_request(self.headers, settings.sso_cookie)
            with Confluence(settings.confluence_url, session) as confluence:
                confluence.log_out()
        except ConfluenceError:
            pass  # nobody is logged in, or Confluence is down: the browser forgets all the same
        self.send_response(303)
        self.send_header("Location", "/app/")
        # Path (and Domain, if it has one) must be those with which Crowd set the cookie.
        self.send_header(
            "Set-Cookie", f'{settings.sso_cookie}=""; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'
        )
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_page(
        self,
        status: int,
        content: str,
        user: dict | None = None,
        extra: dict[str, str] | None = None,
        answers: list[Answer] | None = None,
    ) -> None:
        explain = self.server.settings.explain
        below = explain.box(self.headers) if explain else ""
        aside = explain.panel(self.headers, answers or []) if explain else ""
        body = pages.whole_page(content, user, below, aside).encode()
        # The page is one user's own: no cache may keep it.
        headers = {"Cache-Control": "no-store", **(extra or {})}
        self.send_body(status, "text/html; charset=utf-8", body, headers)

    def send_static(self, name: str) -> None:
        body = (FOLDER / name).read_bytes()
        headers = {"Cache-Control": "no-cache"}
        self.send_body(200, f"{STATIC_FILES[name]}; charset=utf-8", body, headers)

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
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        if self.close_connection:
            self.send_header("Connection", "close")  # httpd must not use it again
        super().end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass  # httpd keeps the access log


class Server(http.server.ThreadingHTTPServer):
    """The app's server."""

    daemon_threads = True

    def __init__(self, port: int, settings: Settings):
        self.settings = settings
        # With reuse, the system may hand out a free port to two servers that start side by side.
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
        explain = behind_the_scenes.Explainer(options.sso_cookie, options.login, options.explain)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings(options.confluence, options.sso_cookie, options.login, explain)
    with Server(options.port, settings) as server:
        print(f"Serving on port {server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
