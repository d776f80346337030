"""The parsers under libFuzzer, which keeps what reaches new code and goes on from there."""

import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from latchkey_bench import shell

from . import paths, survival
from .survival import Broken, Row

#: Each with inputs to begin with.
TARGETS: dict[str, list[bytes]] = {
    "percent": [b"a%2Fb", b"%00%ff+", b"%", b"%4", b"%zz", b"%41" * 41],
    "requests": [b"\0/keys/a%2Fb", b"\0/keys?prefix=a&limit=3&cursor=b", b"\2/keys?all=true", b"\4/keys/a?ttl=0.5",
                 b"\5/keys/a?op=incr&by=-3",
                 b"\5/keys/a?op=touch&ttl=none", b"\0http://h/keys/a?x", b"\3*", b"\5/batch", b"\0/metrics"],
    "tags": [b'"5f3a-2a"', b'W/"5f3a-2a", "x"', b"*", b',, "a" ,', b'"a', b'"a" "b"', b'*, "a"'],
    "ranges": [b"\3bytes=0-5", b"\3bytes=-1", b"\3bytes=9-", b"\4bytes=0-99999999999999999999", b"\0bytes=-0",
               b"\2bytes=1-2,3-4"],
    "batch": [b"GET a\nPUT b 3\nxyz\nDELETE c\r\n", b"PUT a 0\n\n", b"PUT a 99\nb", b"\n\nGET a"],
    "fields": [b"\0text/plain;q=0.5, application/json", b'\0a/b;c="d,e";q=1', b"\1wait=10, timing", b'\2"x"',
               b"\5bytes=0-1\nbytes=2-3"],
    "heads": [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PUT /keys/a HTTP/1.0\r\nContent-Length: 5\r\nX: y\r\n\r\n",
              b"PUT /a HTTP/1.1\r\nHost:x\r\nTransfer-Encoding: chunked\r\n\r\n",
              b"GET / HTTP/1.1\nHost: x\r\nX : y\r\n\0\r\n"],
}
#: Words that the parsers know, in libFuzzer's form of a dictionary.
_DICTIONARY = "\n".join(f'"{word}"' for word in [
    "/keys/", "/batch", "?op=", "incr", "append", "getset", "getdel", "touch", "ttl=", "keepttl", "by=", "prefix=", "limit=",
    "cursor=",
    "all=true", "bytes=", "W/", "GET ", "PUT ", "DELETE ", "q=", "application/json", "text/plain", "wait=", "timing",
    " HTTP/1.1\\x0d\\x0a",
    "Host: x\\x0d\\x0a", "Content-Length: 5\\x0d\\x0a", "Transfer-Encoding: chunked\\x0d\\x0a", "\\x0d\\x0a\\x0d\\x0a",
    "\\x0a", "\\x00", "%00"])
_STATISTICS = re.compile(r"^#(\d+)\s+DONE\s+cov: (\d+)", re.MULTILINE)


def build() -> pathlib.Path:
    """The program that libFuzzer drives, built where that is due; Unavailable where the toolchain has no such fuzzer."""
    if not shutil.which("swift"):
        raise shell.Unavailable("no swift")
    scratch = paths.FUZZ / ".build"
    shell.output(["swift", "build", "-c", "release", "--package-path", paths.FUZZ, "--scratch-path", scratch,
                  "-Xswiftc", "-sanitize=fuzzer,address", "-Xswiftc", "-parse-as-library"])
    return scratch / "release/parser-fuzzer"


def run(seconds: int, seed: int) -> Iterator[Row]:
    """Each parser for so many seconds."""
    program = build()
    for target, seeds in TARGETS.items():
        yield _fuzz(program, target, seeds, seconds, random.Random(f"{seed}/{target}").randrange(1, 1 << 31))


def _fuzz(program: pathlib.Path, target: str, seeds: list[bytes], seconds: int, seed: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        corpus = pathlib.Path(folder) / "corpus"
        corpus.mkdir()
        for number, content in enumerate(seeds):
            (corpus / str(number)).write_bytes(content)
        dictionary = pathlib.Path(folder) / "dictionary"
        dictionary.write_text(_DICTIONARY + "\n")
        finding = pathlib.Path(folder) / "finding"
        command = [str(program), f"-max_total_time={seconds}", f"-seed={seed}", f"-dict={dictionary}",
                   f"-exact_artifact_path={finding}",
                   "-max_len=2048", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=0", "-detect_leaks=0",
                   str(corpus)]
        environment = {**os.environ, "FUZZ_TARGET": target, "SWIFT_BACKTRACE": "enable=no",
                       # What the store still has at the end, it cannot see; see http_fuzz.py.
                       "ASAN_OPTIONS": "detect_leaks=0"}
        try:
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT,
                                  timeout=seconds + 120)
        except subprocess.TimeoutExpired:
            raise Broken(f"the fuzzer of {target} with seed {seed} does not end") from None
        said = done.stdout.decode(errors="replace")
        if done.returncode != 0:
            content = finding.read_bytes() if finding.exists() else b""
            kept = survival.keep(f"{target}-{seed}.bin", content)
            raise Broken(f"{target}, seed {seed}: {said[-3000:]}\nInput, in {kept}: {content!r}\n"
                         f"Again: FUZZ_TARGET={target} {program} {kept}")
    statistics = _STATISTICS.search(said)
    if not statistics:
        raise Broken(f"{target}: the fuzzer has told no figures: {said[-500:]}")
    return Row(f"parser: {target}", f"{int(statistics[1]):,} inputs in {seconds} s, {statistics[2]} edges", seed,
               "nothing found")
