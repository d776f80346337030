"""Restarts instances in turn behind proxies: no client sees an error, and every increment is carried out exactly once.

That is known from two sides. An increment answers with the counter's new value, and entity tags begin with a nonce of the
server's life: so in each life the values that clients got must be 1, 2, 3 and so on, without a gap and without one twice. A gap is
an increment whose answer was lost, or one that a proxy sent twice. And the server's own log has just as many.
"""

import contextlib
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import load
import proxies
from instances import PATIENCE, Instance, ask, wait_until

# Longer than HAProxy takes to find that an instance is ready, and than nginx leaves out one that was not.
PAUSE = 2.5


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def end(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)


def check_counts(name: str, port: int, tally: load.Tally, instances: list[Instance]) -> list[str]:
    """What is wrong with the counters behind one proxy."""
    lives = [life for instance in instances for life in instance.lives]
    findings = [f"{name}: {error}" for error in tally.errors]
    if unknown := set(tally.values) - {life.nonce for life in lives}:
        findings.append(f"{name}: answers of servers that did not run: {unknown}")
    for life in lives:
        values = sorted(tally.values.get(life.nonce, []))
        if values != list(range(1, len(values) + 1)):
            missing = sorted(set(range(1, max(values) + 1)) - set(values))
            findings.append(f"{name}: {len(values)} values up to {max(values)} in one life, without {missing[:10]}")
        carried_out = life.carried_out[f"/keys/{port}/count?op=incr"]
        if carried_out != len(values):
            findings.append(f"{name}: {carried_out} increments were carried out in one life, and {len(values)} answered")
    return findings


def main(binary: pathlib.Path, seconds: int) -> int:
    """Runs the load for so long; the exit code."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        first, second, *fronts = free_ports(4)
        instances = [Instance(binary, port, folder) for port in (first, second)]
        for instance in instances:
            stack.callback(instance.process.kill)
        errors = stack.enter_context((folder / "errors").open("w+"))
        names = dict(zip(("nginx", "haproxy"), fronts))
        for name, front in names.items():
            ports = {"80": front, "8081": first, "8082": second}
            process = getattr(proxies, f"start_{name}")(folder, ports, errors)
            stack.callback(end, process)
            wait_until(lambda: process.poll() is not None or is_served(front), f"start {name}")
        begun = time.monotonic()
        stops = {name: load.start(front) for name, front in names.items()}
        while time.monotonic() - begun < seconds:
            for instance in instances:
                time.sleep(PAUSE)
                instance.end()
                instance.start()
                stack.callback(instance.process.kill)
        time.sleep(PAUSE)
        tallies = {name: stop() for name, stop in stops.items()}
        duration = time.monotonic() - begun
        for instance in instances:
            instance.process.send_signal(signal.SIGTERM)
        for instance in instances:
            instance.take_down()
        findings = []
        for name, front in names.items():
            tell(name, tallies[name], duration)
            findings += check_counts(name, front, tallies[name], instances)
        restarts = [life.seconds for instance in instances for life in instance.lives[:-1]]
        print(f"{len(restarts)} restarts, each ended after {min(restarts):.2f} to {max(restarts):.2f} s")
        for finding in findings[:40]:
            print(finding)
        if findings:
            errors.seek(0)
            print(f"{len(findings)} findings; the proxies said:", *errors.read().splitlines()[-20:], sep="\n")
        return 1 if findings else 0


def is_served(port: int) -> bool:
    """Whether an instance answers through the proxy there."""
    try:
        return ask(port, "GET", "/livez").status == 200
    except OSError:
        return False


def tell(name: str, tally: load.Tally, seconds: float) -> None:
    """One line of figures."""
    counts = ", ".join(f"{count:,} {method}" for method, count in sorted(tally.answered.items()))
    print(f"{name}: {counts} in {seconds:.0f} s, {len(tally.errors)} errors, {tally.longest:.2f} s the longest")


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
