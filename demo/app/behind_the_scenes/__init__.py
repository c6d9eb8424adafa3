"""What the demo shows around the app: how it all works, and what can be tried.

A real app has nothing of the kind. The demo's httpd.conf hands over, under names that begin with
X-Demo-, what the browser sent before mod_crowd_confluence changed it. Cookie values are passwords:
the page shows only a mark that is the same for the same value, and means nothing elsewhere.
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
from .simulator import CONDITIONS, Simulator


class Explainer:
    """Makes the parts. Its marks are good for as long as it lives."""

    def __init__(self, sso_cookie: str, login_path: str, control_url: str):
        self._sso_cookie = sso_cookie
        self._login_path = login_path
        self._simulator = Simulator(control_url)
        self._key = secrets.token_bytes(16)

    def parts(self, headers: Mapping[str, str], calls: list[Call]) -> DemoParts:
        """`headers` as the app received them, `calls` as Confluence answered them."""
        request = Request(headers, self._sso_cookie)
        return DemoParts(
            head="""<link rel="stylesheet" href="/app/static/demo.css">
  <script src="/app/static/demo.js" defer></script>""",
            above=above(request, calls),
            aside=Panel(request, calls, self._simulator, self._key).html(),
            below=Box(request, self._login_path, self._simulator).html(),
        )

    def carry_out(self, path: str) -> bool:
        """Does what a button of the demo asks for. False: it is none of them."""
        condition = path.removeprefix("/app/demo/confluence/")
        if path == condition or condition not in CONDITIONS:
            return False
        self._simulator.make_confluence(condition)
        return True
