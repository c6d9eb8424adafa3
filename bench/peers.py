"""Wall clock and CPU beside plain mod_proxy and other modules that find out who a user is.

All servers run at the same time, and take turns within each round, so that whatever else the
machine does meets all alike. Each remembers the one visitor who asks: it is hits that are compared.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import re
import statistics
import subprocess
from typing import Callable, Iterator, Sequence

from programs import Bench, Failure, Httpd, request

ROUNDS = 7
REQUESTS = 3000
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
    directives: str  # for the server; {app} is the backend's port, {login} the same over TLS
    location: str
    prepare: Callable[[Httpd], bytes]
    proves: bytes  # what the app must have received


def measure(bench: Bench) -> list[str]:
    missing = []
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(bench.backend())
        login = stack.enter_context(_over_tls(bench, app))
        (bench.folder / "cas").mkdir()
        (bench.folder / "cas").chmod(0o777)
        script = bench.folder / "session.lua"
        script.write_text(LUA.replace("CONFLUENCE", f"http://127.0.0.1:{app}"))
        script.chmod(0o644)
        servers: list[tuple[Contender, Httpd, bytes]] = []
        for contender in _contenders(script):
            absent = [
                name
                for name in contender.modules
                if name != "crowd_confluence" and not (bench.modules / f"mod_{name}.so").exists()
            ]
            if absent:
                missing.append(f"{contender.name}: left out, mod_{absent[0]} is not installed")
                continue
            configuration = (
                MPM
                + contender.directives.format(app=app, login=login.port, folder=bench.folder)
                + f'\n<Location "/">\nProxyPass "http://127.0.0.1:{app}/"\n'
                + contender.location.format(app=app, script=script)
                + "\n</Location>"
            )
            try:
                httpd = stack.enter_context(
                    bench.httpd_running(
                        ["proxy", "proxy_http", "authz_user", *contender.modules], configuration
                    )
                )
                servers.append((contender, httpd, _checked(contender, httpd)))
            except Failure as failure:
                missing.append(f"{contender.name}: left out, {failure}")
        rates, costs = _take_turns(servers)
    lines = [
        f"{ROUNDS} rounds of {REQUESTS:,} requests over {CONNECTIONS} connections each; event with 2 "
        "children. Median (lowest–highest).",
        "",
        "| | requests per second | CPU of httpd per request | over plain mod_proxy |",
        "|---|---:|---:|---:|",
    ]
    plain = statistics.median(costs[0])
    for (contender, _, _), rate, cost in zip(servers, rates, costs):
        more = statistics.median(cost) - plain
        lines.append(
            f"| {contender.name} | {statistics.median(rate):,.0f} ({min(rate):,.0f}–{max(rate):,.0f})"
            f" | {statistics.median(cost):.0f} µs ({min(cost):.0f}–{max(cost):.0f}) | {more:+.0f} µs |"
        )
    return lines + [line for each in missing for line in ("", f"{each}.")]


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


def _take_turns(
    servers: list[tuple[Contender, Httpd, bytes]]
) -> tuple[list[list[float]], list[list[float]]]:
    rates: list[list[float]] = [[] for _ in servers]
    costs: list[list[float]] = [[] for _ in servers]
    for turn in range(ROUNDS):
        for which in range(len(servers)):
            number = (which + turn) % len(servers)  # nobody is always the first
            contender, httpd, ask = servers[number]
            before = httpd.cpu_seconds()
            report = httpd.load([ask], REQUESTS, connections=CONNECTIONS)
            if report["status"] != {"200": REQUESTS}:
                raise Failure(f"{contender.name}: {report['status']}")
            rates[number].append(REQUESTS / report["seconds"])
            costs[number].append((httpd.cpu_seconds() - before) / REQUESTS * 1e6)
    return rates, costs


def _checked(contender: Contender, httpd: Httpd) -> bytes:
    """The request to measure, once it is seen that it does what it should."""
    ask = contender.prepare(httpd)
    for _ in range(20):  # so that every child knows the visitor
        answer = httpd.answer_to(ask.replace(b" /app ", b" /echo ", 1))
    if not answer.startswith(b"HTTP/1.1 200") or contender.proves not in answer:
        raise Failure(f"as it answers {answer.split(maxsplit=2)[1].decode()} instead of a session")
    return ask


def _with_token(_: Httpd) -> bytes:
    return request("/app", f"crowd.token_key={TOKEN}")


def _with_session(_: Httpd) -> bytes:
    session = "JSESSIONID=0123456789ABCDEF0123456789ABCDEF"
    return request("/app", f"{session}; crowd.token_key={TOKEN}")


def _with_bearer(_: Httpd) -> bytes:
    return request("/app", headers=[f"Authorization: Bearer {TOKEN}"])


def _with_ticket(httpd: Httpd) -> bytes:
    """mod_auth_cas gives a cookie for a ticket."""
    answer = httpd.answer_to(request("/app?ticket=ST-1-0123456789"))
    cookie = re.search(rb"Set-Cookie: (MOD_AUTH_CAS[^=]*=[^;]+)", answer)
    if cookie is None:
        raise Failure("as it gives no cookie for a ticket")
    return request("/app", cookie[1].decode())


def _contenders(script: pathlib.Path) -> list[Contender]:
    session = b"JSESSIONID=0123456789ABCDEF"
    return [
        Contender("plain mod_proxy", [], "", "", _with_session, session),
        Contender(
            "mod_crowd_confluence",
            ["crowd_confluence"],
            "",
            "CrowdConfluence On\nCrowdConfluenceURL http://127.0.0.1:{app}",
            _with_token,
            session,
        ),
        Contender(
            "mod_lua, a script that remembers sessions per process",
            ["lua"],
            "",
            'LuaScope thread\nLuaHookFixups "{script}" add_session',
            _with_token,
            session,
        ),
        Contender(
            "mod_auth_openidc, introspection, shm cache",
            ["auth_openidc"],
            "OIDCCryptoPassphrase bench\nOIDCCacheType shm\n"
            "OIDCOAuthIntrospectionEndpoint https://127.0.0.1:{login}/introspect\n"
            "OIDCOAuthSSLValidateServer Off\n"
            "OIDCOAuthClientID bench\nOIDCOAuthClientSecret bench",
            "AuthType oauth20\nRequire valid-user",
            _with_bearer,
            b"alice",
        ),
        Contender(
            "mod_oauth2, introspection, shm cache",
            ["oauth2"],
            "",
            "AuthType oauth2\nRequire valid-user\n"
            "OAuth2TokenVerify introspect http://127.0.0.1:{app}/introspect "
            '"introspect.auth=client_secret_basic&client_id=bench&client_secret=bench"',
            _with_bearer,
            b"alice",
        ),
        Contender(
            "mod_auth_cas, session cookie",
            ["auth_cas"],
            'CASLoginURL http://127.0.0.1:{app}/cas/login\nCASCookiePath "{folder}/cas/"\n'
            "CASValidateURL http://127.0.0.1:{app}/cas/serviceValidate",
            "AuthType CAS\nRequire valid-user\nCASAuthNHeader CAS-User",
            _with_ticket,
            b"alice",
        ),
    ]
