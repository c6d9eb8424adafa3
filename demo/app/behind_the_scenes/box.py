"""What the demo's visitor can try."""

from __future__ import annotations

import urllib.parse

from confluence import SESSION_COOKIE
from pages import text

from .request import Request
from .simulator import CONDITIONS, Simulator

# The people in the simulated Crowd's directory, and what they may see.
PEOPLE = (
    ("alice", "Alice Archer", "works in the laboratory"),
    ("bob", "Bob Baker", "works in personnel"),
    ("carol", "Carol Clark", "sees what all employees see"),
    ("dave", "Dave Dorn", "may not use Confluence"),
)


class Box:
    """The box for one request."""

    def __init__(self, request: Request, login_path: str, simulator: Simulator):
        self._request = request
        self._login_path = login_path
        self._simulator = simulator

    def html(self) -> str:
        people = "" if self._request.has_session else self._people()
        tricks = self._forgery() + self._address() if self._request.token is not None else ""
        return f"""
    <div id="try" class="box">
      <p class="title">What you can try</p>
      {people}{self._condition()}{tricks}
    </div>"""

    def _people(self) -> str:
        forms = "".join(
            f"""
          <form method="post" action="{text(self._login_path)}">
            <input type="hidden" name="username" value="{text(user)}">
            <input type="hidden" name="dest" value="/app/">
            <button class="person"><span class="badge" aria-hidden="true">{text(name[:1])}</span>
              <span>{text(name)} <small>{text(about)}</small></span></button>
          </form>"""
            for user, name, about in PEOPLE
        )
        return f"""
      <section>
        <h2>Who would you like to be?</h2>
        <p>A click logs you in at the simulated Crowd, which asks for no password. It gives your
          browser the cookie <code>{text(self._request.sso_cookie)}</code>.</p>
        <div class="people">{forms}</div>
      </section>"""

    def _condition(self) -> str:
        now = self._simulator.condition
        buttons = "".join(
            f"""
          <form method="post" action="/app/demo/confluence/{name}">
            <button class="button faint">Confluence {condition.label}</button></form>"""
            for name, condition in CONDITIONS.items()
            if name != now
        )
        return f"""
      <section data-condition="{now}">
        <h2>When Confluence fails</h2>
        <p><b>{CONDITIONS[now].story}</b> Whom httpd remembers is handed to the app at once, however
          Confluence is. Whom it does not know (log out, and come as somebody else) waits three
          seconds at most. After three failures in a row nobody waits: httpd leaves Confluence alone
          for five seconds. What needs no Confluence, such as this page's style sheet, never
          waits. Nobody is taken for logged out.</p>
        <div class="buttons">{buttons}</div>
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

    def _address(self) -> str:
        here = self._request.address
        others = [door for door in self._request.doors.items() if door[0] != here]
        if not others:
            return ""
        other, port = others[0]
        host = urllib.parse.urlsplit("//" + self._request.header("X-Forwarded-Host")).hostname
        link = f"http://{host or '127.0.0.1'}:{port}/app/"
        return f"""
      <section>
        <h2>Go to another address</h2>
        <p>httpd sees you at <code data-address="{text(here)}">{text(here)}</code> and tells
          Confluence, and Confluence tells Crowd. There a log-in is good only from the address at
          which it was made. This link leads to the same page with the same cookies, by another
          port: whoever comes by it has the address <code>{text(other)}</code>, as if somebody had
          taken the cookies to another machine.</p>
        <p><a class="button faint" href="{text(link)}">The same cookies at {text(other)}</a></p>
      </section>"""
