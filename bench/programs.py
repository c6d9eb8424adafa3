"""The programs that take part in a benchmark: started on free ports of 127.0.0.1, ended with it."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from typing import Iterator, Sequence

PATIENCE = 300.0  # seconds; under valgrind, on a busy machine, a server takes a while to start and to end


class Failure(Exception):
    """A benchmark cannot be made. The text says why."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_file(file: pathlib.Path, process: subprocess.Popen, log: pathlib.Path) -> None:
    """httpd writes its PidFile when it listens. To connect would tell less: another server may have
    the port, and a connection to a free one may even be one to itself."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if file.exists():
            return
        time.sleep(0.02)
    raise Failure(f"a server does not start:\n{log.read_text(errors='replace')[-3000:]}")


def terminate(process: subprocess.Popen) -> None:
    """Asks it to end, and asks again: httpd -X loses a signal that comes while another one is dealt
    with."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)


@contextlib.contextmanager
def running(command: Sequence[str], log: pathlib.Path, **options) -> Iterator[subprocess.Popen]:
    """Runs a program until the block is left; what it says goes into `log`."""
    with open(log, "ab") as said:
        options.setdefault("stdout", said)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=said, start_new_session=True, **options
        )
    try:
        yield process
    finally:
        try:
            terminate(process)
        finally:  # also when Ctrl-C comes meanwhile
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


class Bench:
    """What was built, and a folder for one run."""

    def __init__(self, build: pathlib.Path, httpd: str, modules: pathlib.Path) -> None:
        self.build = build
        self.httpd = httpd
        self.modules = modules
        self.folder = pathlib.Path()
        self.until_end = contextlib.ExitStack()

    @contextlib.contextmanager
    def own_folder(self) -> Iterator[None]:
        """What `until_end` holds is ended before the folder goes."""
        with tempfile.TemporaryDirectory(prefix="crowd-confluence-bench.") as folder:
            self.folder = pathlib.Path(folder)
            # As root, httpd's children are another user, and valgrind writes for them.
            self.folder.chmod(0o777)
            with self.until_end:
                yield

    @property
    def module(self) -> pathlib.Path:
        return self.build / "mod_crowd_confluence" / "mod_crowd_confluence.so"

    def program(self, name: str) -> str:
        return str(self.build / "bench" / name)

    @contextlib.contextmanager
    def backend(self) -> Iterator[int]:
        """Its port."""
        log = self.folder / "backend.log"
        with running([self.program("bench_backend")], log, stdout=subprocess.PIPE) as process:
            yield int(process.stdout.readline())

    @contextlib.contextmanager
    def simulator(self, *arguments: str) -> Iterator[Simulator]:
        command = [
            str(self.build / "tests" / "atlassian" / "atlassian-simulator"),
            "--trusted-proxy=127.0.0.1",
            *arguments,
        ]
        log = self.folder / "simulator.log"
        with running(command, log, stdout=subprocess.PIPE) as process:
            yield Simulator(json.loads(process.stdout.readline()))

    @contextlib.contextmanager
    def httpd_running(
        self,
        modules: Sequence[str],
        configuration: str,
        mpm: str = "event",
        arguments: Sequence[str] = ("-DFOREGROUND",),
        under: Sequence[str] = (),
    ) -> Iterator[Httpd]:
        """`under` is a command that runs another one, such as valgrind."""
        root = pathlib.Path(tempfile.mkdtemp(prefix="httpd.", dir=self.folder))
        root.chmod(0o755)
        (root / "htdocs").mkdir()
        (root / "htdocs" / "static.txt").write_text("static\n")
        log = root / "error.log"
        command = [*under, self.httpd, "-d", str(root), "-f", str(root / "httpd.conf"), *arguments]
        with contextlib.ExitStack() as stack:
            for may_try_again in (True, True, False):
                port = free_port()
                written = self._common(root, port, mpm, modules) + configuration + "\n"
                (root / "httpd.conf").write_text(
                    written.replace("${HTDOCS}", f'"{root}/htdocs"')
                )
                log.write_text("")
                attempt = stack.enter_context(contextlib.ExitStack())
                process = attempt.enter_context(running(command, log))
                try:
                    wait_for_file(root / "httpd.pid", process, log)
                    break
                except Failure as failure:
                    # Somebody else may have taken the port meanwhile.
                    if not may_try_again or "Address already in use" not in str(failure):
                        raise
                    attempt.close()
            yield Httpd(self, port, process, log)
        shutil.rmtree(root)

    def _common(self, root: pathlib.Path, port: int, mpm: str, modules: Sequence[str]) -> str:
        lines = [
            f'ServerRoot "{root}"',
            f'DefaultRuntimeDir "{root}"',
            f'PidFile "{root}/httpd.pid"',
            f'ErrorLog "{root}/error.log"',
            f'DocumentRoot "{root}/htdocs"',
            "ServerName localhost",
            f"Listen 127.0.0.1:{port}",
            "LogLevel warn",
            "KeepAlive On",
            "MaxKeepAliveRequests 0",
            "KeepAliveTimeout 60",
            "Timeout 60",
        ]
        for name in (f"mpm_{mpm}", "unixd", "authn_core", "authz_core", *modules):
            file = self.modules / f"mod_{name}.so"
            if name == "crowd_confluence":
                file = self.module
            if file.exists():  # what is compiled into httpd has no file
                lines.append(f'LoadModule {name}_module "{file}"')
        if os.geteuid() == 0:
            user = next(
                each for each in pwd.getpwall() if each.pw_name in ("www-data", "apache", "nobody")
            )
            lines += [f"User {user.pw_name}", f'Group "#{user.pw_gid}"']
        return "\n".join(lines) + "\n"


class Simulator:
    """Crowd and Confluence, through the simulator's control API."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.confluence = urls["confluence"]
        self._control = urls["control"]
        # Not through a proxy that the environment may name.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"{self._control}/__control{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={} if body is None else {"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=PATIENCE) as response:
            return json.load(response)

    def log_in(self, address: str = "127.0.0.1") -> str:
        """A new token of a user whose browser has this address."""
        return self.call("POST", "/log-in", {"user": "alice", "address": address})["token"]

    def exchanges(self) -> int:
        return self.call("GET", "/counters")["exchanges"]

    def misbehave(self, **fault: object) -> None:
        self.call("POST", "/faults", {"server": "confluence", **fault})

    def behave(self) -> None:
        self.call("DELETE", "/faults")
        self.call("POST", "/release")


class Httpd:
    def __init__(
        self, bench: Bench, port: int, process: subprocess.Popen, log: pathlib.Path
    ) -> None:
        self.port = port
        self.process = process
        self.log = log
        self._bench = bench

    def start_load(
        self,
        requests: Sequence[bytes],
        count: int,
        connections: int = 1,
        pause_ms: int = 0,
        limit_s: int = 120,
        addresses: int = 0,
    ) -> Load:
        return Load(
            self._bench,
            [
                self._bench.program("bench_load"),
                *(str(number) for number in (self.port, connections, count, pause_ms, limit_s, addresses)),
            ],
            b"\0".join(requests),
        )

    def load(self, requests: Sequence[bytes], count: int, **options) -> dict:
        """Sends so many requests and waits for the answers. See load.cpp for what comes back."""
        return self.start_load(requests, count, **options).result()

    def answer_to(self, request: bytes) -> bytes:
        """One request on a connection of its own; the whole answer."""
        request = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer

    def child_processes(self) -> list[int]:
        parent = self.process.pid
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [int(child) for child in children]

    def cpu_seconds(self) -> float:
        """Of the children's threads, those that have ended left out. The scheduler counts in
        nanoseconds, /proc/PID/stat in hundredths of a second."""
        nanoseconds = 0
        for child in self.child_processes():
            for thread in pathlib.Path(f"/proc/{child}/task").glob("*/schedstat"):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    nanoseconds += int(thread.read_text().split()[0])
        return nanoseconds / 1e9


class Load:
    """A run of bench_load that has begun."""

    def __init__(self, bench: Bench, command: Sequence[str], requests: bytes) -> None:
        # A file, as a pipe would have to be fed while other loads are started.
        with tempfile.TemporaryFile() as file:
            file.write(requests)
            file.seek(0)
            self._process = subprocess.Popen(
                command, stdin=file, stdout=subprocess.PIPE, start_new_session=True
            )
        bench.until_end.callback(self._end)

    def result(self) -> dict:
        said, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise Failure("the load generator failed")
        return json.loads(said)

    def _end(self) -> None:
        self._process.kill()  # does nothing when the result has been fetched
        self._process.wait()
        self._process.stdout.close()


def client_address(number: int) -> str:
    """That of bench_load's connection with this number, from 0, when it has that many addresses."""
    return str(ipaddress.IPv4Address("127.1.0.1") + number)


def request(target: str, cookies: str = "", headers: Sequence[str] = ()) -> bytes:
    """What a browser sends, as far as it matters here."""
    lines = [
        f"GET {target} HTTP/1.1",
        "Host: localhost",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Accept: application/json, text/plain, */*",
        "Accept-Language: en-GB,en;q=0.5",
        *headers,
    ]
    if cookies:
        lines.append(f"Cookie: {cookies}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
