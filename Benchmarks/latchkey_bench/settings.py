"""How much is measured."""

import dataclasses

MEBIBYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Settings:
    """Sizes of a run. The defaults are those of the figures that are published."""

    rounds: int = 7
    #: Seconds that one load on one server lasts; wrk takes whole ones.
    seconds: int = 2
    #: Sizes of values, in bytes, each under 32 connections.
    sizes: tuple[int, ...] = (100, 1024, 64 * 1024, MEBIBYTE)
    #: Numbers of connections, each with values of 100 bytes.
    connections: tuple[int, ...] = (1, 32, 512)
    #: Of a fixed rate; its percentiles need many requests.
    latency_seconds: float = 6
    latency_rounds: int = 5
    entries: int = 1_000_000
    idle_connections: int = 10_000
    starts: int = 20
    #: Of one kind of connection by TLS.
    tls_seconds: float = 1
    #: Requests whose instructions, allocations and system calls are counted.
    counted: int = 2_000
    growth_keys: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)
    growth_sizes: tuple[int, ...] = (1, 100, 1024, 16 * 1024, 256 * 1024, 4 * MEBIBYTE, 64 * MEBIBYTE)
    growth_connections: tuple[int, ...] = (1, 10, 100, 1_000, 10_000)


#: For a look whether all of it works.
QUICK = Settings(
    rounds=1, seconds=1, sizes=(100, MEBIBYTE), connections=(32,), latency_seconds=0.5, latency_rounds=1, entries=20_000,
    idle_connections=500, starts=2, tls_seconds=0.3, counted=200, growth_keys=(1_000, 10_000), growth_sizes=(1, MEBIBYTE),
    growth_connections=(1, 100))
