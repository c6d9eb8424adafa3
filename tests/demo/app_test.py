#!/usr/bin/env python3
"""How the demo's app takes what Confluence answers, and what a browser sends.

A server that answers as it is told stands for Confluence, and headers as httpd hands them over for
httpd. Prints a line "ok WHAT" or "not ok WHAT" for each check.
"""

from __future__ import annotations

import http.client
import http.server
import json
import os
import pathlib
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(os.environ["SOURCE_DIR"]) / "demo" / "app"))

import app
from behind_the_scenes import Explainer
from confluence import Confluence, Unavailable, UserSession

SESSION = {"Cookie": "crowd.token_key=token; JSESSIONID=session", "X-Forwarded-For": "192.0.2.1"}
USER = {"type": "known", "username": "alice", "displayName": "Alice Archer"}

failed = 0


def check(what: str, condition: object) -> None:
    global failed
    failed += not condition
    print(f"{'ok' if condition else 'not ok'} {what}", flush=True)


def space(key: str) -> dict:
    return {"key": key, "name": f"Space {key}"}


def page(title: str) -> dict:
    return {"title": title, "_links": {"webui": "/pages/viewpage.action?pageId=1"}}


class Atlassian(http.server.BaseHTTPRequestHandler):
    """Answers by the start of the path: a status, or JSON with 200. The longest one counts."""

    protocol_version = "HTTP/1.1"
    answers: dict[str, object] = {}
    seconds = 0.0

    def do_GET(self) -> None:
        known = [each for each in self.answers if self.path.startswith(each)]
        answer = self.answers[max(known, key=len)] if known else 404
        time.sleep(self.seconds)  # it is slow, if a check wants that
        body = json.dumps(answer).encode()
        self.send_response(answer if isinstance(answer, int) else 200)
        if answer == 302:
            self.send_header("Location", "/login.action")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def serve(server: http.server.HTTPServer) -> int:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class AtlassianServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        pass  # an app that has waited long enough hangs up


ATLASSIAN = AtlassianServer(("127.0.0.1", 0), Atlassian)
CONFLUENCE_URL = f"http://127.0.0.1:{serve(ATLASSIAN)}"


def app_for(confluence_url: str, explain: Explainer | None = None) -> int:
    settings = app.Settings(confluence_url, "crowd.token_key", "/login", explain)
    return serve(app.Server(0, settings))


PORT = app_for(CONFLUENCE_URL)


def ask(method: str, path: str, headers: dict[str, str], port: int = PORT):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, None, headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


def shown(**changed: object):
    """The app's page for Alice, with these answers of Confluence's in place of the good ones."""
    names = {"user": "/rest/api/user/current", "spaces": "/rest/api/space",
             "team": "/rest/api/content?spaceKey=TEAM", "docs": "/rest/api/content?spaceKey=DOCS"}
    Atlassian.answers = {
        names["user"]: USER,
        names["spaces"]: {"results": [space("DOCS"), space("TEAM")]},
        names["team"]: {"results": [page("Welcome aboard")]},
        names["docs"]: {"results": [page("Release notes")]},
    }
    for name, answer in changed.items():
        Atlassian.answers[names[name]] = answer
    return ask("GET", "/app/", SESSION)


def expired(response: http.client.HTTPResponse) -> bool:
    return response.headers["X-Crowd-Confluence"] == "expired"


def check_answers() -> None:
    response, body = shown()
    check("pages are shown", response.status == 200 and "Release notes" in body)
    check("their titles lead to Confluence",
          f'href="{CONFLUENCE_URL}/pages/viewpage.action?pageId=1"' in body)

    for status in (403, 404):
        response, body = shown(team=status)
        check(f"a {status} for one space leaves that space out",
              response.status == 200 and "Release notes" in body and "Space TEAM" not in body)
        check(f"a {status} does not end the session", not expired(response))
    response, body = shown(spaces=403)
    check("a 403 for all of them is no end of the session, either",
          response.status == 403 and not expired(response))

    for name, answer in (("401", 401), ("a redirect", 302), ("anonymous", {"type": "anonymous"}),
                         ("403 to the question who it is", 403)):
        response, body = shown(user=answer)
        check(f"{name}: the session has ended, and httpd is told", expired(response))
        check(f"{name}: the user is asked to try again", "Please try again" in body)
    response, body = shown(docs=401)
    check("a 401 later on is the same", expired(response))

    for name, changed in (
        ("no user", {"user": {}}),
        ("a user without a name", {"user": {"type": "known"}}),
        ("no list of spaces", {"spaces": {}}),
        ("a list that is none", {"spaces": {"results": {"key": "DOCS"}}}),
        ("spaces that are none", {"spaces": {"results": [None]}}),
        ("a space without a key", {"spaces": {"results": [{"name": "x"}]}}),
        ("pages without titles", {"docs": {"results": [{}]}}),
        ("links that are none", {"docs": {"results": [], "_links": []}}),
        ("a next part elsewhere", {"docs": {"results": [], "_links": {"next": "http://x.org"}}}),
        ("no object", {"user": []}),
        ("an error", {"docs": 500}),
    ):
        response, body = shown(**changed)
        check(f"{name}: Confluence is unavailable, and nothing more is concluded",
              response.status == 503 and not expired(response) and response.headers["Retry-After"])


def check_lists() -> None:
    parts = "/rest/api/content?part="
    shown(docs={"results": [page("one")], "_links": {"next": parts + "2"}})
    Atlassian.answers[parts + "2"] = {"results": [page("two")], "_links": {"next": parts + "3"}}
    Atlassian.answers[parts + "3"] = {"results": [page("three")], "_links": {}}
    _, body = ask("GET", "/app/", SESSION)
    check("a list in parts is shown as a whole",
          all(f">{title}</a>" in body for title in ("one", "two", "three")))

    Atlassian.answers[parts + "3"] = {"results": [page("three")], "_links": {"next": parts + "3"}}
    response, _ = ask("GET", "/app/", SESSION)
    check("a list without an end is given up", response.status == 200)


def check_time() -> None:
    shown()
    Atlassian.seconds = 0.2
    session = UserSession("crowd.token_key=token; JSESSIONID=session", None)
    try:
        with Confluence(CONFLUENCE_URL, session, seconds=0.5) as confluence:
            app.find_pages(confluence)
        check("all calls together have a limit", False)
    except Unavailable as error:
        check("all calls together have a limit", True)  # each by itself stays far below it
        check("the user reads nothing technical", str(error) == "Confluence does not answer.")
        check("the call that failed is noted down", confluence.calls[-1].status is None)
        check("with its reason", confluence.calls[-1].failure)
    Atlassian.seconds = 0.0


def check_browser() -> None:
    response, body = ask("HEAD", "/app/", SESSION)
    check("HEAD is answered as GET, without the body", response.status == 200 and not body)
    check("with the length of it", int(response.headers["Content-Length"]) > 0)

    own = {"X-Forwarded-Host": "app.example.com"}
    response, _ = ask("POST", "/app/logout", own | {"Origin": "https://evil.example.com"})
    check("another site's form logs nobody out",
          response.status == 403 and "Set-Cookie" not in response.headers)
    response, _ = ask("POST", "/app/logout", own | {"Origin": "null"})
    check("nor does one of an unknown origin", response.status == 403)
    response, _ = ask("POST", "/app/logout", own | {"Origin": "https://app.example.com"})
    check("the app's own form does", response.status == 303 and "Set-Cookie" in response.headers)

    token = {"Cookie": "crowd.token_key=token"}
    for result, reason in (("rejected", "not-permitted"), ("rejected", "anonymous"),
                           ("unavailable", "timeout")):
        named = {"Confluenceresult": result, "Confluencereason": reason}
        _, body = ask("GET", "/app/", token | named)
        check(f"{result}, {reason}: one can log out", "/app/logout" in body)
    _, body = ask("GET", "/app/", {})
    check("whoever is not logged in cannot", "/app/logout" not in body)


def check_panel() -> None:
    """With an Atlassian that has gone, but whose control interface is there."""
    Atlassian.answers["/__control/requests"] = {"requests": []}
    with socket.socket() as taken:  # nobody listens there
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}"
        port = app_for(gone, Explainer("crowd.token_key", "/login", CONFLUENCE_URL))
        cookies = "crowd.token_key=token; JSESSIONID=session; a=1; b=2; c=3"
        demo = {"Demobrowsercookie": "crowd.token_key=token; JSESSIONID=forged"}
        named = {"Cookie": cookies, "Confluenceresult": "session",
                 "Confluenceuser": "alice", **demo}
        response, body = ask("GET", "/app/", named, port)
    check("a Confluence that is down is told of", response.status == 503 and "no answer" in body)
    check("the panel tells of the call that failed", 'data-asked="/rest/api/user/current"' in body)
    check("the user's name is known all the same", 'data-user="alice"' in body)
    check("no traces of the system are shown", "Errno" not in body)
    marks = {f"mark-{number}" for number in range(6) if f'"mark mark-{number}"' in body}
    check("each of six values has a colour of its own", len(marks) == 6)
    _, body = ask("GET", "/app/other", named, port)
    check("the panel does not deny a session that is there", "received no session" not in body)


def main() -> int:
    check_answers()
    check_lists()
    check_time()
    check_browser()
    check_panel()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
