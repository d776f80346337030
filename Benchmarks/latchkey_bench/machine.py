"""What a result depends on besides the program: the machine, the toolchain, the commit."""

import os
import pathlib
import platform
import re
import time

from . import paths, shell


def toolchain() -> str:
    """Version of Swift, as `swift --version` tells it."""
    try:
        said = shell.output(["swift", "--version"])
    except shell.Unavailable:
        return "none"
    found = re.search(r"Swift version \S+", said)
    return found[0] if found else said.splitlines()[0]


def commit() -> str:
    """The commit that is checked out, with a plus sign where files differ from it."""
    try:
        name = shell.output(["git", "rev-parse", "--short=12", "HEAD"], cwd=paths.REPOSITORY).strip()
        changed = shell.output(["git", "status", "--porcelain", "--untracked-files=no"], cwd=paths.REPOSITORY).strip()
    except shell.Unavailable:
        return "unknown"
    return name + ("+" if changed else "")


def package_version(name: str) -> str:
    """Version of a package of Debian's that is installed; "none" otherwise."""
    try:
        return shell.output(["dpkg-query", "--show", "--showformat", "${Version}", name]).strip() or "none"
    except shell.Unavailable:
        return "none"


def description() -> dict[str, object]:
    """The machine and the moment."""
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit(),
        "toolchain": toolchain(),
        "processor": processor[1] if processor else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": int(memory[1]) * 1024 if memory else 0,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "load_average": os.getloadavg()[0],
    }
