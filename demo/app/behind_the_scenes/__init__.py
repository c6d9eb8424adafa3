"""The parts that the demo shows around the app: how it all works, and what you can try.

A real app has no such parts. The demo's httpd.conf adds headers that begin with Demo. They hold
the cookies and the address that the browser sent before mod_crowd_confluence changed them. Cookie
values are passwords: in their place the page shows marks. The same value has the same mark, which
means nothing elsewhere.
"""

from __future__ import annotations

import secrets
from typing import Mapping

from confluence import Call
from pages import DemoParts

from .box import Box
from .panel import Panel
from .picture import above
from .request import Request
from .simulator import CONDITIONS, MISTAKES, Simulator


class Explainer:
    """Makes the parts. Its marks stay the same as long as the object lives."""

    def __init__(self, sso_cookie: str, login_path: str, control_url: str):
        self._sso_cookie = sso_cookie
        self._login_path = login_path
        self._simulator = Simulator(control_url)
        self._key = secrets.token_bytes(16)

    def parts(self, headers: Mapping[str, str], calls: list[Call]) -> DemoParts:
        """`headers`: those that the app received. `calls`: its calls, with Confluence's answers."""
        request = Request(headers, self._sso_cookie)
        return DemoParts(
            head="""<link rel="stylesheet" href="/app/static/demo.css">
  <script src="/app/static/demo.js" defer></script>""",
            above=above(request, calls),
            aside=Panel(request, calls, self._simulator, self._key).html(),
            below=Box(request, self._login_path, self._simulator).html(),
        )

    def carry_out(self, path: str) -> bool:
        """Does what a button of the demo asks for. False: `path` belongs to no button."""
        kind, _, word = path.removeprefix("/app/demo/").partition("/")
        if kind == "confluence" and word in CONDITIONS:
            self._simulator.make_confluence(word)
        elif kind == "mistake" and (word in MISTAKES or word == ""):
            self._simulator.make_mistake(word)
        else:
            return False
        return True
