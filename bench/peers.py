"""Wall clock and CPU beside plain mod_proxy and other modules that find out who a user is.

All servers run at the same time, and take turns within each round, so that whatever else the
machine does meets all alike. First each is asked by one visitor whom it remembers, then by one whom
it does not know with each request.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import pathlib
import re
import statistics
import subprocess
import time
from typing import Callable, Iterator, Sequence

from programs import Bench, Failure, Httpd, request

CONNECTIONS = 8
MPM = """
StartServers 2
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
MinSpareThreads 1
MaxSpareThreads 32
"""
TOKEN = "Xn2r5u8xAaDdGgKkPpSsVv00"


@dataclasses.dataclass
class Kind:
    """Of visitors."""

    title: str
    rounds: int
    requests: int  # a round


HITS = Kind("The visitor is remembered", rounds=9, requests=3000)
MISSES = Kind("Every request is of a new visitor", rounds=7, requests=400)

# The exchange and a memory of it, as an administrator would write them: no time-outs to speak of,
# one process, no limits.
LUA = """
local http = require("socket.http")
local ltn12 = require("ltn12")

function add_session(r)
  local token = (r.headers_in["Cookie"] or ""):match("crowd%.token_key=([^;]+)")
  if not token then return apache2.DECLINED end
  local key = token .. " " .. r.useragent_ip
  local session = r:ivm_get(key)
  if not session then
    local body = {}
    local _, status, headers = http.request{
      url = "CONFLUENCE/rest/api/user/current",
      headers = {Cookie = "crowd.token_key=" .. token, ["X-Forwarded-For"] = r.useragent_ip},
      sink = ltn12.sink.table(body),
    }
    if status == 200 and table.concat(body):find('"type":"known"', 1, true) then
      session = (headers["set-cookie"] or ""):match("JSESSIONID=[^;,]+")
    end
    if not session then return apache2.DECLINED end
    r:ivm_set(key, session)
  end
  r.headers_in["Cookie"] = session .. "; " .. r.headers_in["Cookie"]
  return apache2.OK
end
"""


@dataclasses.dataclass
class Contender:
    name: str
    modules: Sequence[str]
    # For the server, and for the location; {app} is the backend's port, {tls} the same over TLS.
    directives: str
    location: str
    ask: Callable[[Httpd, int], bytes]  # the request of the visitor with this number
    proves: bytes  # what the app must have received
    login: str = ""  # the name under which the backend counts what it is asked; none: it asks nobody
    knows_strangers: bool = True  # a request is enough to become known


@dataclasses.dataclass
class Server:
    contender: Contender
    httpd: Httpd
    app: Httpd  # the backend
    rates: list[float] = dataclasses.field(default_factory=list)
    costs: list[float] = dataclasses.field(default_factory=list)
    asked: int = 0

    def how_often_asked(self) -> int:
        if not self.contender.login:
            return 0
        answer = self.app.answer_to(request(f"/asked/{self.contender.login}"))
        return int(answer.partition(b"\r\n\r\n")[2])

    def run(self, requests: Sequence[bytes], count: int) -> None:
        asked = self.how_often_asked()
        before = self.httpd.cpu_seconds()
        report = self.httpd.load(requests, count, connections=CONNECTIONS)
        cost = self.httpd.cpu_seconds() - before
        if report["status"] != {"200": count}:
            raise Failure(f"{self.contender.name}: {report}")
        self.rates.append(count / report["seconds"])
        self.costs.append(cost / count * 1e6)
        self.asked += self.how_often_asked() - asked


def measure(bench: Bench) -> list[str]:
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(bench.backend())
        tls = stack.enter_context(_over_tls(bench, app))
        (bench.folder / "cas").mkdir()
        (bench.folder / "cas").chmod(0o777)
        script = bench.folder / "session.lua"
        script.write_text(LUA.replace("CONFLUENCE", f"http://127.0.0.1:{app}/lua"))
        script.chmod(0o644)
        names = {"app": app, "tls": tls.port, "folder": bench.folder, "script": script}
        backend = Httpd(bench, app, tls.process, tls.log)
        servers: list[Server] = []
        missing: list[str] = []
        for contender in _contenders():
            try:
                httpd = stack.enter_context(_started(bench, contender, names))
                _check(contender, httpd)
                servers.append(Server(contender, httpd, backend))
            except Failure as failure:
                missing += ["", f"{contender.name}: left out, {failure}."]
        lines = [
            f"{CONNECTIONS} connections; event with 2 children. Median (lower–upper quartile) of the "
            "rounds; what is over plain mod_proxy is taken within each round.",
        ]
        numbers = itertools.count(1)
        for kind in (HITS, MISSES):
            chosen = [
                dataclasses.replace(server, rates=[], costs=[])
                for server in servers
                if kind is HITS or server.contender.knows_strangers
            ]
            _take_turns(chosen, kind, numbers)
            lines += _table(chosen, kind)
    return lines + missing


def _started(
    bench: Bench, contender: Contender, names: dict
) -> contextlib.AbstractContextManager[Httpd]:
    for name in contender.modules:
        if name != "crowd_confluence" and not (bench.modules / f"mod_{name}.so").exists():
            raise Failure(f"as mod_{name} is not installed")
    configuration = (
        MPM
        + contender.directives.format(**names)
        + f'\n<Location "/">\nProxyPass "http://127.0.0.1:{names["app"]}/"\n'
        + contender.location.format(**names)
        + "\n</Location>"
    )
    return bench.httpd_running(
        ["proxy", "proxy_http", "authz_user", *contender.modules], configuration
    )


def _take_turns(servers: Sequence[Server], kind: Kind, numbers: Iterator[int]) -> None:
    known = [[server.contender.ask(server.httpd, 0)] for server in servers]
    for turn in range(kind.rounds):
        for which in range(len(servers)):
            number = (which + turn) % len(servers)  # nobody is always the first
            server = servers[number]
            requests = known[number]
            if kind is MISSES:
                ask = server.contender.ask
                requests = [ask(server.httpd, next(numbers)) for _ in range(kind.requests)]
            server.run(requests, kind.requests)


def _table(servers: Sequence[Server], kind: Kind) -> list[str]:
    lines = [
        "",
        f"{kind.title}: {kind.rounds} rounds of {kind.requests:,} requests.",
        "",
        "| | requests per second | CPU of httpd per request | over plain mod_proxy | asked, per request |",
        "|---|---:|---:|---:|---:|",
    ]
    for server in servers:
        more = [cost - plain for cost, plain in zip(server.costs, servers[0].costs)]
        asked = server.asked / (kind.rounds * kind.requests)
        lines.append(
            f"| {server.contender.name} | {_spread(server.rates)} | {_spread(server.costs)} µs | "
            + ("" if server is servers[0] else f"{_spread(more)} µs")
            + f" | {asked:.4g} |"
        )
    return lines


def _spread(numbers: Sequence[float]) -> str:
    low, middle, high = statistics.quantiles(numbers, n=4, method="inclusive")
    return f"{middle:,.0f} ({low:,.0f}–{high:,.0f})"


@contextlib.contextmanager
def _over_tls(bench: Bench, app: int) -> Iterator[Httpd]:
    """mod_auth_openidc asks over TLS only."""
    key, certificate = (bench.folder / name for name in ("tls.key", "tls.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        + ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    configuration = f"""
        SSLEngine On
        SSLCertificateFile "{certificate}"
        SSLCertificateKeyFile "{key}"
        <Location "/">
        ProxyPass "http://127.0.0.1:{app}/"
        </Location>
    """
    with bench.httpd_running(["ssl", "proxy", "proxy_http"], configuration) as httpd:
        yield httpd


def _check(contender: Contender, httpd: Httpd) -> None:
    """That it does what it should."""
    ask = contender.ask(httpd, 0)
    for _ in range(20):  # so that every child knows the visitor
        answer = httpd.answer_to(ask.replace(b" /app ", b" /echo ", 1))
    if not answer.startswith(b"HTTP/1.1 200") or contender.proves not in answer:
        raise Failure(f"as it answers {answer.split(maxsplit=2)[1].decode()} instead of a session")


def _with_token(_: Httpd, number: int) -> bytes:
    return request("/app", f"crowd.token_key={TOKEN}{number}")


def _with_session(_: Httpd, number: int) -> bytes:
    session = "JSESSIONID=0123456789ABCDEF0123456789ABCDEF"
    return request("/app", f"{session}; crowd.token_key={TOKEN}{number}")


def _with_bearer(_: Httpd, number: int) -> bytes:
    return request("/app", headers=[f"Authorization: Bearer {TOKEN}{number}"])


def _with_ticket(httpd: Httpd, _: int) -> bytes:
    """mod_auth_cas gives a cookie for a ticket, and takes each only once."""
    answer = httpd.answer_to(request(f"/app?ticket=ST-{time.monotonic_ns()}"))
    cookie = re.search(rb"Set-Cookie: (MOD_AUTH_CAS[^=]*=[^;]+)", answer)
    if cookie is None:
        raise Failure("as it gives no cookie for a ticket")
    return request("/app", cookie[1].decode())


def _contenders() -> list[Contender]:
    session = b"JSESSIONID=0123456789ABCDEF"
    return [
        Contender("plain mod_proxy", [], "", "", _with_session, session),
        Contender(
            "mod_crowd_confluence",
            ["crowd_confluence"],
            "",
            "CrowdConfluence On\nCrowdConfluenceURL http://127.0.0.1:{app}/ours",
            _with_token,
            session,
            "ours",
        ),
        Contender(
            "mod_lua, a script that remembers sessions per process",
            ["lua"],
            "",
            'LuaScope thread\nLuaHookFixups "{script}" add_session',
            _with_token,
            session,
            "lua",
        ),
        Contender(
            "mod_auth_openidc, introspection over TLS, shm cache",
            ["auth_openidc"],
            "OIDCCryptoPassphrase bench\nOIDCCacheType shm\n"
            "OIDCOAuthIntrospectionEndpoint https://127.0.0.1:{tls}/openidc/introspect\n"
            "OIDCOAuthSSLValidateServer Off\n"
            "OIDCOAuthClientID bench\nOIDCOAuthClientSecret bench",
            "AuthType oauth20\nRequire valid-user",
            _with_bearer,
            b"alice",
            "openidc",
        ),
        Contender(
            "mod_oauth2, introspection, shm cache",
            ["oauth2"],
            "",
            "AuthType oauth2\nRequire valid-user\n"
            "OAuth2TokenVerify introspect http://127.0.0.1:{app}/oauth2/introspect "
            '"introspect.auth=client_secret_basic&client_id=bench&client_secret=bench"',
            _with_bearer,
            b"alice",
            "oauth2",
        ),
        Contender(
            "mod_auth_cas, session cookie, files",
            ["auth_cas"],
            'CASLoginURL http://127.0.0.1:{app}/cas/login\nCASCookiePath "{folder}/cas/"\n'
            "CASValidateURL http://127.0.0.1:{app}/cas/serviceValidate",
            "AuthType CAS\nRequire valid-user\nCASAuthNHeader CAS-User",
            _with_ticket,
            b"alice",
            "cas",
            knows_strangers=False,
        ),
    ]
