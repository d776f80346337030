"""Other programs, run to their end."""

import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterable

from . import paths


class Unavailable(Exception):
    """A machine lacks what a measurement needs. The message is what it lacks, in a few words."""


class Failed(Unavailable):
    """A command is there and fails. In a measurement that is a failure; what cannot be built is lacking."""


def output(command: list, **options) -> str:
    """Standard output of a command that must succeed; Unavailable where there is no such command, Failed where it fails."""
    try:
        done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **options)
    except OSError as error:
        raise Unavailable(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        # Some tell of their progress on one and of what went wrong on the other.
        said = "\n".join(stream.strip()[-1000:] for stream in (done.stderr, done.stdout) if stream.strip())
        raise Failed(f"{pathlib.Path(command[0]).name} failed: {said}")
    return done.stdout


def install(*packages: str) -> None:
    """Installs Debian's packages; Unavailable where that cannot be done."""
    # Without this some packages start their service at once. It would only take a port.
    output([paths.REPOSITORY / "Scripts/install-dependencies", *packages], env={**os.environ, "RUNLEVEL": "1"})


def find(program: str, package: str) -> str:
    """Path of a program, installed first where it is missing."""
    if not (found := shutil.which(program)):
        install(package)
        found = shutil.which(program)
    if not found:
        raise Unavailable(f"no {program}")
    return found


def compile_c(name: str, sources: list[pathlib.Path], *flags: str, newer_than: Iterable[pathlib.Path] = (),
              build: pathlib.Path = paths.BUILD) -> pathlib.Path:
    """Builds a C program, or a library with `-shared`, where it is older than its sources or `newer_than`."""
    target = build / name
    if target.exists() and target.stat().st_mtime > max(file.stat().st_mtime for file in [*sources, *newer_than]):
        return target
    build.mkdir(parents=True, exist_ok=True)
    output([find("gcc", "gcc"), "-O2", "-Wall", "-Wextra", "-Werror", "-o", target, *sources, *flags])
    return target


def preload_library(name: str) -> pathlib.Path:
    """Builds a library to preload from a C file of `native`."""
    return compile_c(f"{name}.so", [paths.NATIVE / f"{name}.c"], "-shared", "-fPIC")
