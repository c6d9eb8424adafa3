"""A request as the demo's parts look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from confluence import SESSION_COOKIE, read_cookies


@dataclass(frozen=True)
class Request:
    """What the app received, and what httpd.conf tells about it."""

    headers: Mapping[str, str]
    sso_cookie: str

    def header(self, name: str) -> str:
        return self.headers.get(name) or ""

    def cookies(self, header: str = "Cookie") -> dict[str, str]:
        """Of several of one name, the first, as in Confluence."""
        return dict(reversed(read_cookies(self.header(header))))

    @property
    def result(self) -> str:
        return self.header("X-Crowd-Confluence-Result")

    @property
    def reason(self) -> str:
        return self.header("X-Crowd-Confluence-Reason")

    @property
    def source(self) -> str:
        """Whom httpd asked: see CROWD_CONFLUENCE_SOURCE. Empty: nobody."""
        return self.header("X-Demo-Source")

    @property
    def milliseconds(self) -> float | None:
        """How long httpd, the module above all, took to know what to hand over."""
        took = self.header("X-Demo-Took").removeprefix("D=")  # microseconds
        return int(took) / 1000 if took.isdigit() else None

    @property
    def token(self) -> str | None:
        return self.cookies().get(self.sso_cookie)

    @property
    def has_session(self) -> bool:
        return SESSION_COOKIE in self.cookies()

    @property
    def address(self) -> str:
        return self.header("X-Demo-Client-Address")

    @property
    def doors(self) -> dict[str, str]:
        """The addresses from which one can come, each with the port that leads there."""
        pairs = (door.partition("=") for door in self.header("X-Demo-Doors").split())
        return {address: port for address, _, port in pairs}
