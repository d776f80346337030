"""The servers that are compared: Latchkey, and what people would use instead."""

import dataclasses
import json
import os
import pathlib

from . import generator, latchkey, machine, paths, shell
from .counts import Start
from .server import Server, free_port

LATCHKEY = "latchkey"
BARE = "bare libmicrohttpd"
NGINX = "nginx"
HYPER = "hyper + dashmap"
WEBDIS = "Webdis + Redis"
HUMMINGBIRD = "Hummingbird"


@dataclasses.dataclass(frozen=True)
class Peer:
    """A server that can be started on this machine."""

    name: str
    version: str
    start: Start
    #: Paths with {} where the key stands.
    get: str = "/keys/{}"
    put: str = "/keys/{}"
    #: Requests on a connection at a time with which values are stored quickly.
    depth: int = 64
    #: The program itself, where it is Latchkey.
    binary: pathlib.Path | None = None
    #: Whether it stores nothing, and answers every GET with 100 bytes.
    is_fixed: bool = False
    #: Whether, storing nothing, it reads what is sent to be stored all the same.
    reads_content: bool = False

    def can(self, method: str, size: int) -> bool:
        """Whether such requests can be compared with it."""
        return not self.is_fixed or (size == 100 if method == "GET" else self.reads_content)

    def fill(self, server: Server, count: int, size: int, first: int = 0) -> None:
        """Stores values at the keys of numbers from `first` on."""
        # One at a time where values are large, so that neither side waits for the other to read.
        generator.fill(server, self.put, first, count, size, self.depth if size <= 1024 else 1)

    def path(self, method: str) -> str:
        """Where a method finds a key."""
        return self.put if method == "PUT" else self.get


def _starter(command_for_port, prepare=lambda port: None, helper=None) -> Start:
    """Starts a command on a free port, after `prepare`."""

    def start(wrapper: list | None = None, environment: dict[str, str] | None = None) -> Server:
        port = free_port()
        prepare(port)
        return Server([*(wrapper or []), *command_for_port(port)], port, environment, helper(port) if helper else None)

    return start


def bare(new_response: bool = False, threads: int | None = None) -> Peer:
    """libmicrohttpd with a handler that does nothing; with `new_response` it makes a response object each time."""
    program = shell.compile_c("bare-libmicrohttpd", [paths.PEERS / "bare-libmicrohttpd.c"], "-lmicrohttpd")
    count = threads or len(os.sched_getaffinity(0))
    start = _starter(lambda port: [program, port, count, 16384, int(new_response)])
    return Peer(BARE + (", new response" if new_response else ""), machine.package_version("libmicrohttpd12"), start,
                is_fixed=True, reads_content=True)


def nginx() -> Peer:
    """nginx with `return 200` and 100 bytes."""
    program = shell.find("nginx", "nginx-light")
    folder = paths.BUILD / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    template = (paths.PEERS / "nginx.conf").read_text()

    def prepare(port: int) -> None:
        (folder / f"{port}.conf").write_text(template.replace("9004", str(port)).replace("nginx.pid", f"{port}.pid"))

    start = _starter(lambda port: [program, "-p", folder, "-c", f"{port}.conf", "-e", "stderr"], prepare)
    return Peer(NGINX, machine.package_version("nginx"), start, is_fixed=True)


def hyper() -> Peer:
    """What a Rust engineer would write: hyper and dashmap."""
    shell.install("librust-hyper-dev", "librust-tokio-dev", "librust-dashmap-dev")
    cargo = shell.find("cargo", "cargo")
    source, target = paths.PEERS / "hyper-dashmap", paths.BUILD / "hyper-dashmap"
    shell.output([cargo, "build", "--release", "--offline", "--target-dir", target], cwd=source)
    program = target / "release/hyper-dashmap"
    version = f"hyper {machine.package_version('librust-hyper-dev')}, dashmap {machine.package_version('librust-dashmap-dev')}"
    return Peer(HYPER, version, _starter(lambda port: [program, port]))


def webdis() -> Peer:
    """What people deploy for Redis over HTTP."""
    gateway, redis = shell.find("webdis", "webdis"), shell.find("redis-server", "redis-server")
    folder = paths.BUILD / "webdis"
    folder.mkdir(parents=True, exist_ok=True)
    template = json.loads((paths.PEERS / "webdis.json").read_text())

    def helper(port: int) -> tuple[list, int]:
        redis_port = free_port()
        settings = {**template, "http_port": port, "redis_port": redis_port, "logfile": str(folder / "log")}
        (folder / f"{port}.json").write_text(json.dumps(settings))
        return [redis, "--port", redis_port, "--bind", "127.0.0.1", "--save", "", "--dir", folder], redis_port

    start = _starter(lambda port: [gateway, folder / f"{port}.json"], helper=helper)
    version = f"webdis {machine.package_version('webdis')}, redis {machine.package_version('redis-server')}"
    return Peer(WEBDIS, version, start, get="/GET/{}.bin", put="/SET/{}", depth=1)


def hummingbird() -> Peer:
    """What a Swift engineer would write: Hummingbird and dictionaries with a lock each."""
    scratch = paths.BUILD / "hummingbird"
    shell.output([shell.find("swift", "swift"), "build", "-c", "release", "--package-path", paths.PEERS / "hummingbird-kv",
                  "--scratch-path", scratch])
    resolved = json.loads((paths.PEERS / "hummingbird-kv/Package.resolved").read_text())
    version = next(pin["state"]["version"] for pin in resolved["pins"] if pin["identity"] == "hummingbird")
    program = scratch / "release/hummingbird-kv"
    return Peer(HUMMINGBIRD, version, _starter(lambda port: [program, port]))


def own(binary: pathlib.Path) -> Peer:
    """Latchkey as it starts by default."""
    return Peer(LATCHKEY, machine.commit(), latchkey.starter(binary), binary=binary)


#: By the names that the command line takes.
MAKERS = {"bare": bare, "nginx": nginx, "hyper": hyper, "webdis": webdis, "hummingbird": hummingbird}


def available(names: list[str]) -> tuple[list[Peer], dict[str, str]]:
    """The peers of these names that can be started here, and why the others cannot."""
    found, missing = [], {}
    for name in names:
        print(f"Preparing {name}", flush=True)
        try:
            found.append(MAKERS[name]())
        except shell.Unavailable as reason:
            missing[name] = str(reason)
    return found, missing
