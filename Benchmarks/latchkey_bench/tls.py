"""New and kept connections by TLS, beside nginx with the same certificate."""

import pathlib
import statistics
from collections.abc import Iterator

from . import latchkey, paths, peers, shell
from .peers import Peer
from .server import Server, free_port
from .settings import Settings

#: What openssl makes each key with.
CERTIFICATES = {"ECDSA P-256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "RSA 2048": ["rsa:2048"]}
LOADS = ["new", "resumed", "kept"]
CONNECTIONS = 8


def run(compared: list[Peer], settings: Settings) -> Iterator[dict]:
    """One record for each certificate, version and load, with each server's rates and processor time, in interleaved rounds."""
    binary = next(peer.binary for peer in compared if peer.binary)
    shell.install("libssl-dev")
    program = shell.compile_c("secure-load", [paths.NATIVE / "secure_load.c"], "-lssl", "-lcrypto", "-lpthread")
    for name, options in CERTIFICATES.items():
        certificate, key = _certificate(name, options)
        with _latchkey(binary, certificate, key) as own, _nginx(certificate, key) as other:
            for version in ["1.2", "1.3"]:
                for load in LOADS:
                    yield _compare(program, {peers.LATCHKEY: own, peers.NGINX: other}, settings, load, version) | {
                        "certificate": name}


def _compare(program: pathlib.Path, servers: dict[str, Server], settings: Settings, load: str, version: str) -> dict:
    rates: dict[str, list[float]] = {name: [] for name in servers}
    microseconds: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(settings.rounds):
        for name, server in servers.items():
            before = sum(server.cpu_seconds())
            said = shell.output([program, server.port, settings.tls_seconds, CONNECTIONS, load, version])
            rate, count, resumed = (float(word) for word in said.split())
            if count == 0 or (load == "resumed") != (resumed > 0):
                raise RuntimeError(f"{name}: {count:.0f} exchanges and {resumed:.0f} resumed sessions, {load}")
            rates[name].append(rate)
            microseconds[name].append((sum(server.cpu_seconds()) - before) / count * 1e6)
    pairs = zip(rates[peers.LATCHKEY], rates[peers.NGINX])
    return {"load": load, "version": version, "rates": rates, "cpu_microseconds": microseconds,
            "ratio": statistics.median(own / other for own, other in pairs)}


def _certificate(name: str, options: list[str]) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate that is its own authority, and its key."""
    folder = paths.BUILD / "tls"
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name.replace(' ', '-')}.{end}" for end in ("pem", "key")]
    shell.output([shell.find("openssl", "openssl"), "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                  "-newkey", *options, "-out", files[0], "-keyout", files[1]])
    return files[0], files[1]


def _latchkey(binary: pathlib.Path, certificate: pathlib.Path, key: pathlib.Path) -> Server:
    server = latchkey.starter(binary, "--tls-cert", certificate, "--tls-key", key)()
    value = paths.BUILD / "tls" / "value"
    value.write_bytes(b"x" * 100)
    shell.output([binary, "put", "a", value, "--url", f"https://localhost:{server.port}", "--ca-file", certificate])
    return server


def _nginx(certificate: pathlib.Path, key: pathlib.Path) -> Server:
    program, port = shell.find("nginx", "nginx-light"), free_port()
    text = (paths.PEERS / "nginx.conf").read_text().replace("nginx.pid", f"tls-{port}.pid").replace(
        "listen 127.0.0.1:9004;", f"listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {certificate}; "
        f"ssl_certificate_key {key};")
    folder = paths.BUILD / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"tls-{port}.conf").write_text(text)
    return Server([program, "-p", folder, "-c", f"tls-{port}.conf", "-e", "stderr"], port)
