"""The box with what you can try."""

from __future__ import annotations

import urllib.parse

from confluence import SESSION_COOKIE
from pages import text

from .request import Request
from .simulator import CONDITIONS, MISTAKES, Simulator

# The users in the simulated Crowd's directory, and what they may see.
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
      {people}{self._mistakes()}{self._condition()}{tricks}
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
        <p>A click logs you in at the simulated Crowd, which asks for no password. Crowd gives your
          browser the cookie <code>{text(self._request.sso_cookie)}</code>.</p>
        <div class="people">{forms}</div>
      </section>"""

    def _mistakes(self) -> str:
        now = self._simulator.mistake
        story = MISTAKES[now].story if now else "Nothing is set up wrongly."
        buttons = "".join(
            f"""
          <form method="post" action="/app/demo/mistake/{word}">
            <button class="button faint">{text(mistake.label)}</button></form>"""
            for word, mistake in MISTAKES.items()
            if word != now
        )
        if now:
            buttons += """
          <form method="post" action="/app/demo/mistake/">
            <button class="button">Mend it</button></form>"""
        return f"""
      <section data-mistake="{now}">
        <h2>Why does single sign-on not work?</h2>
        <p><b>{text(story)}</b></p>
        <p>Make a mistake of an administrator's, and let the module find it:
          <a href="/sso-check">the check page</a> asks Confluence and Crowd about your browser's
          cookie, and names the cause and its remedy. With
          <a href="/sso-check/tls">a Confluence whose certificate nobody vouches for</a> it finds
          that, too; and as Dave, who may not use Confluence, you need no mistake.</p>
        <div class="buttons">{buttons}</div>
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
        <p><b>{CONDITIONS[now].story}</b></p>
        <ul>
          <li>If httpd remembers you, it passes your session on at once, whatever the state of
            Confluence.</li>
          <li>If it does not (log out, and log in as somebody else), you wait at most three
            seconds.</li>
          <li>After three failures in a row nobody waits: for five seconds, httpd does not ask
            Confluence.</li>
          <li>Files that need no Confluence, such as this page's style sheet, never wait.</li>
          <li>Nobody looks logged out.</li>
        </ul>
        <div class="buttons">{buttons}</div>
      </section>"""

    def _forgery(self) -> str:
        return f"""
      <section hidden data-needs-script>
        <h2>Forge a session</h2>
        <p>Give your browser a cookie <code>{text(SESSION_COOKIE)}</code> of its own and see what
          happens to it. httpd removes whatever a browser sends under that name.</p>
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
          Confluence this address, and Confluence tells Crowd. Crowd accepts a log-in only from the
          address at which you logged in. This link leads to the same page with the same cookies,
          but through another port: there, httpd sees you at <code>{text(other)}</code>, as if
          somebody had taken your cookies to another machine.</p>
        <p><a class="button faint" href="{text(link)}">The same cookies at {text(other)}</a></p>
      </section>"""
