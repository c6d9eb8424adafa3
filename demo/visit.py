"""One user's way through the demo, step by step. Each step checks what happened."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from typing import Callable

from browser import Browser, Reply

SSO_COOKIE = "crowd.token_key"
SESSION_COOKIE = "JSESSIONID"
FORGED = "forged-by-the-browser"
FORGED_ADDRESS = "203.0.113.7"


class Wrong(Exception):
    """A step failed."""


def require(condition: object, otherwise: str) -> None:
    if not condition:
        raise Wrong(otherwise)


class ReceivedByConfluence:
    """The requests that the simulated Confluence recorded."""

    def __init__(self, control_url: str):
        self._where = urllib.parse.urlsplit(control_url)

    def forget(self) -> None:
        self._ask("DELETE", "/__control/requests")

    def requests(self) -> list[dict[str, list[str]]]:
        """The headers of each request: lower-case name → values."""
        content = json.loads(self._ask("GET", "/__control/requests?server=confluence"))
        result = []
        for request in content["requests"]:
            headers: dict[str, list[str]] = {}
            for name, value in request["headers"]:
                headers.setdefault(name.lower(), []).append(value)
            result.append(headers)
        return result

    def _ask(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection(self._where.hostname, self._where.port, timeout=30)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()


class Visit:
    """The steps. Later ones rely on earlier ones."""

    def __init__(self, port: int, other_port: int, control_url: str):
        self._port = port
        self._other_port = other_port
        self._confluence = ReceivedByConfluence(control_url)
        self._alice = Browser(port)
        self._bob = Browser(port, "127.0.0.2")
        self._carol = Browser(port)

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        return [
            ("Alice opens the app. Nobody is logged in: it asks her to log in.", self.no_session),
            ("She logs in, once, at the simulated Crowd.", self.log_in),
            ("She opens the app again. It shows her pages in Confluence.", self.open_app),
            ("The app asked Confluence as Alice, with the session from httpd.", self.handed_over),
            ("Her browser received nothing of the session.", self.kept_from_browser),
            ("httpd discards a forged session cookie and a forged address.", self.forge),
            ("From another address her cookie is worth nothing.", self.other_address),
            ("From her own address it is as good as before.", self.own_address),
            ("Bob, at that other address, logs in and sees other pages.", self.another_user),
            ("Dave, who may not use Confluence, gets no session.", self.not_permitted),
            ("Confluence goes down. httpd still passes on Alice's session.", self.down),
            ("httpd does not know Carol: the app asks her to try again later.", self.newcomer),
            ("Confluence is well again, and everything works.", self.well_again),
            ("The check page finds an administrator's mistakes.", self.mistakes),
            ("Alice logs out in the app. A copy of her cookie is dead, too.", self.log_out),
        ]

    def no_session(self) -> str:
        reply = self._alice.get("/app/")
        require(reply.status == 200, f"status {reply.status}")
        require(reply.value("data-result") == "missing", "httpd did not say 'missing'")
        require(not reply.values("data-user"), "the app shows a user")
        require(not reply.values("data-asked"), "the app asked Confluence")
        return f"GET /app/ → {reply.status}, result: missing"

    def log_in(self) -> str:
        wrong = self._alice.post("/crowd/console/login", username="alice", password="wrong")
        require(wrong.status == 401, f"a wrong password gave status {wrong.status}")
        reply = self._alice.log_in("alice")
        require(reply.status == 303, f"status {reply.status}")
        require(SSO_COOKIE in self._alice.cookies, f"the browser got no cookie {SSO_COOKIE}")
        return f"POST /crowd/console/login → {reply.status}, Set-Cookie: {SSO_COOKIE}=•••"

    def open_app(self) -> str:
        self._confluence.forget()
        reply = self._alice.get("/app/")
        self._page = reply
        self._require_user(reply, "alice", {"DOCS", "TEAM", "LAB", "~alice"})
        require("Calibration of the small oven" in reply.body, "a page of hers is missing")
        return f"GET /app/ → {reply.status}, spaces: {', '.join(reply.values('data-space'))}"

    def handed_over(self) -> str:
        require(self._page.change("cookie", SESSION_COOKIE) == "added", "httpd added no session")
        require(self._page.change("cookie", SSO_COOKIE) == "passed", "the SSO cookie was changed")
        received = self._confluence.requests()
        by_app = [each for each in received if each["user-agent"] == ["page-finder/1.0"]]
        by_httpd = [each for each in received if each not in by_app]
        require(len(by_httpd) == 1, f"httpd asked Confluence {len(by_httpd)} times, not once")
        require(by_app, "the app did not ask Confluence")
        for request in received:
            addresses = request.get("x-forwarded-for")
            require(addresses == ["127.0.0.1"], f"X-Forwarded-For was {addresses}")
        require(_cookie_names(by_httpd[0]) == [SSO_COOKIE], "httpd sent more than the SSO cookie")
        for request in by_app:
            names = _cookie_names(request)
            require(sorted(names) == sorted([SSO_COOKIE, SESSION_COOKIE]), f"it sent {names}")
        calls = len(by_app)
        return (
            f"httpd: 1 exchange, {SSO_COOKIE} → {SESSION_COOKIE}; "
            f"the app: {calls} calls with both, X-Forwarded-For: 127.0.0.1"
        )

    def kept_from_browser(self) -> str:
        set_cookies = self._page.headers.get_all("Set-Cookie") or []
        require(not set_cookies, "the app's answer sets a cookie")
        require(list(self._alice.cookies) == [SSO_COOKIE], "the browser has another cookie")
        token = self._alice.cookies[SSO_COOKIE]
        require(token not in self._page.body, "the page shows the token")
        return f"no Set-Cookie in the answer; the browser has {SSO_COOKIE} only"

    def forge(self) -> str:
        self._confluence.forget()
        stranger = Browser(self._port)
        stranger.cookies = {SESSION_COOKIE: FORGED}
        reply = stranger.get("/app/")
        require(reply.change("cookie", SESSION_COOKIE) == "removed", "a stranger's came through")
        require(not reply.values("data-user"), "the app shows a user to a stranger")

        forger = Browser(self._port)
        forger.cookies = {**self._alice.cookies, SESSION_COOKIE: FORGED}
        reply = forger.get("/app/", X_Forwarded_For=FORGED_ADDRESS)
        self._require_user(reply, "alice", {"DOCS", "TEAM", "LAB", "~alice"})
        require(reply.change("cookie", SESSION_COOKIE) == "replaced", "httpd did not replace it")
        require(reply.change("header", "X-Forwarded-For") == "replaced", "httpd kept the address")
        received = self._confluence.requests()
        require(received, "Confluence was not asked")
        for request in received:
            require(FORGED not in "".join(request["cookie"]), "Confluence got the forged cookie")
            require(request["x-forwarded-for"] == ["127.0.0.1"], "Confluence got another address")
        return f"Cookie: {SESSION_COOKIE}={FORGED} and X-Forwarded-For: {FORGED_ADDRESS} → replaced"

    def other_address(self) -> str:
        for thief in (Browser(self._port, "127.0.0.2"), Browser(self._other_port)):
            thief.cookies = dict(self._alice.cookies)
            reply = thief.get("/app/")
            require(reply.value("data-address") == "127.0.0.2", "httpd saw another address")
            require(reply.value("data-made-at") == "127.0.0.1", "the panel does not say why")
            self._require_rejected(reply)
        return f"GET /app/ from 127.0.0.2 → {reply.status}, result: rejected"

    def own_address(self) -> str:
        reply = self._alice.get("/app/")
        self._require_user(reply, "alice", {"DOCS", "TEAM", "LAB", "~alice"})
        return f"GET /app/ from 127.0.0.1 → {reply.status}, result: session"

    def another_user(self) -> str:
        require(self._bob.log_in("bob").status == 303, "Bob cannot log in")
        reply = self._bob.get("/app/")
        self._require_user(reply, "bob", {"DOCS", "TEAM", "HR", "~bob"})
        require("Salary bands" in reply.body, "a page of his is missing")
        require("Calibration" not in reply.body, "he sees a page of Alice's")
        return f"GET /app/ → {reply.status}, spaces: {', '.join(reply.values('data-space'))}"

    def not_permitted(self) -> str:
        dave = Browser(self._port)
        require(dave.log_in("dave").status == 303, "Dave cannot log in")
        reply = dave.get("/app/")
        self._require_rejected(reply)
        return f"GET /app/ → {reply.status}, result: rejected"

    def down(self) -> str:
        require(self._alice.post("/app/demo/confluence/down").status == 303, "it is not down")
        reply = self._alice.get("/app/")
        require(reply.status == 503, f"status {reply.status}")
        require(reply.value("data-result") == "session", "httpd passed no session on")
        require(reply.value("data-source") == "table", "httpd did not remember her")
        require(reply.value("data-user") == "alice", "the page does not name her")
        require(reply.values("data-status") == [""], "the panel does not tell of the failed call")
        require(reply.headers["Retry-After"], "the app does not say when to come again")
        return f"GET /app/ → {reply.status} from the app, result: session, from httpd's table"

    def newcomer(self) -> str:
        require(self._carol.log_in("carol").status == 303, "Carol cannot log in")
        reasons = []
        for _ in range(4):
            reply = self._carol.get("/app/")
            require(reply.status == 503, f"status {reply.status}")
            require(reply.value("data-result") == "unavailable", "httpd did not say 'unavailable'")
            require("Log out" in reply.body, "she seems to be logged out")
            reasons.append(reply.value("data-reason"))
        require(reasons == ["refused"] * 3 + ["breaker-open"], f"the reasons were {reasons}")
        return f"GET /app/ → {reply.status}, result: unavailable; {', '.join(reasons)}"

    def well_again(self) -> str:
        require(self._alice.post("/app/demo/confluence/well").status == 303, "it is not well")
        self._require_user(self._alice.get("/app/"), "alice", {"DOCS", "TEAM", "LAB", "~alice"})
        began = time.monotonic()
        while (reply := self._carol.get("/app/")).status == 503:
            require(time.monotonic() < began + 20, "Carol is still told to try again")
            time.sleep(0.1)  # nothing shows from outside when httpd asks Confluence again
        self._require_user(reply, "carol", {"DOCS", "TEAM", "~carol"})
        waited = time.monotonic() - began
        return f"Alice: at once; Carol: after {waited:.0f} s, when httpd asked again (retry=5)"

    def mistakes(self) -> str:
        found = []
        for browser, word in (
            (self._bob, "untrusted-proxy"),  # his address is not httpd's
            (self._alice, "sso-off"),
            (self._alice, "crowd-password"),
        ):
            made = self._alice.post(f"/app/demo/mistake/{word}")
            require(made.status == 303, f"the mistake {word} is not made")
            found.append(self._require_cause(browser.check("/sso-check"), word))
        require(self._alice.post("/app/demo/mistake/").status == 303, "nothing is mended")
        found.append(self._require_cause(self._alice.check("/sso-check/tls"), "tls"))
        return f"POST /sso-check → {', '.join(found)}"

    def log_out(self) -> str:
        kept = dict(self._alice.cookies)
        reply = self._alice.post("/app/logout")
        require(reply.status == 303, f"status {reply.status}")
        require(not self._alice.cookies, "the browser still has the cookie")
        require(self._alice.get("/app/").value("data-result") == "missing", "she is still known")
        self._alice.cookies = kept
        reply = self._alice.get("/app/")
        self._require_rejected(reply)
        self._require_user(self._bob.get("/app/"), "bob", {"DOCS", "TEAM", "HR", "~bob"})
        return f"POST /app/logout → 303; her old cookie → {reply.status}; Bob notices nothing"

    def _require_user(self, reply: Reply, user: str, spaces: set[str]) -> None:
        require(reply.status == 200, f"status {reply.status}")
        require(reply.value("data-result") == "session", "httpd passed no session on")
        require(reply.value("data-user") == user, f"the app shows {reply.value('data-user')}")
        found = set(reply.values("data-space"))
        require(found == spaces, f"the app shows the spaces {sorted(found)}")
        asked = [each for each in reply.marked if "data-asked" in each]
        require(asked, "the app did not ask Confluence")
        for each in asked:
            require(each["data-status"] == "200", f"Confluence answered {each['data-status']}")
            require(each["data-user"] == user, "Confluence answered somebody else")

    def _require_cause(self, reply: Reply, word: str) -> str:
        require(reply.status == 200, f"the check page answers {reply.status}")
        finding = json.loads(reply.body)
        named = [finding["cause"], *finding["candidates"]]
        require(word in named, f"the check page names {named} in place of {word}")
        return f"{word} ({finding['certainty']})"

    def _require_rejected(self, reply: Reply) -> None:
        require(reply.status == 403, f"status {reply.status}")
        require(reply.value("data-result") == "rejected", "httpd did not say 'rejected'")
        require(not reply.values("data-space"), "the app shows spaces")
        require(reply.change("cookie", SESSION_COOKIE) is None, "httpd passed a session on")


def _cookie_names(request: dict[str, list[str]]) -> list[str]:
    return [part.split("=")[0].strip() for part in ";".join(request["cookie"]).split(";")]
