"""A request as the demo's parts see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from confluence import SESSION_COOKIE, read_cookies


@dataclass(frozen=True)
class Request:
    """A request that the app received, with the headers that the demo's httpd.conf adds."""

    headers: Mapping[str, str]
    sso_cookie: str

    def header(self, name: str) -> str:
        return self.headers.get(name) or ""

    def cookies(self, header: str = "Cookie") -> dict[str, str]:
        """By name. Of several cookies of one name the first counts, as in Confluence."""
        return dict(reversed(read_cookies(self.header(header))))

    @property
    def result(self) -> str:
        return self.header("Confluenceresult")

    @property
    def reason(self) -> str:
        return self.header("Confluencereason")

    @property
    def source(self) -> str:
        """Where the outcome comes from: see CROWD_CONFLUENCE_SOURCE. Empty: httpd asked nobody."""
        return self.header("Demosource")

    @property
    def milliseconds(self) -> float | None:
        """How long httpd, above all the module, worked before it passed the request on."""
        took = self.header("Demotook").removeprefix("D=")  # microseconds
        return int(took) / 1000 if took.isdigit() else None

    @property
    def token(self) -> str | None:
        return self.cookies().get(self.sso_cookie)

    @property
    def has_session(self) -> bool:
        return SESSION_COOKIE in self.cookies()

    @property
    def address(self) -> str:
        return self.header("Democlientaddress")

    @property
    def doors(self) -> dict[str, str]:
        """The addresses at which httpd can see a browser, each with the port that leads there."""
        pairs = (door.partition("=") for door in self.header("Demodoors").split())
        return {address: port for address, _, port in pairs}
