"""wrk, the load of the throughput figures: a closed loop on one thread."""

import dataclasses
import re
import resource
import tempfile

from . import shell
from .client import request
from .server import Server

#: Different requests that are made before a run; wrk sends them in turn.
REQUESTS = 10_000

_SCRIPT = """\
local requests, i = {{}}, 0
init = function()
  local content = string.rep("x", {size})
  for key = 0, {count} - 1 do
    local one = string.format({head}, string.format("user:%08d", key)) .. content
    requests[key + 1] = one
  end
  if {depth} > 1 then
    local batches = {{}}
    for first = 1, #requests - {depth} + 1, {depth} do
      batches[#batches + 1] = table.concat(requests, "", first, first + {depth} - 1)
    end
    requests = batches
  end
end
request = function()
  i = i % #requests + 1
  return requests[i]
end
"""


@dataclasses.dataclass(frozen=True)
class Result:
    """What wrk tells of a run."""

    answered: int
    #: Answers a second.
    rate: float
    #: Answers of a status other than 2xx and 3xx, and connections that broke.
    failed: int
    #: Processor time that wrk itself took.
    cpu_seconds: float = 0


def script(method: str, pattern: str, keys: int, size: int, depth: int) -> str:
    """A script for wrk: `keys` different requests in turn, `depth` of them at once."""
    content = b"" if method == "PUT" else None
    head = request(method, pattern.replace("{}", "%s"), content).decode()
    head = head.replace("Content-Length: 0", f"Content-Length: {size}")
    quoted = '"' + head.replace("\r\n", "\\r\\n") + '"'
    return _SCRIPT.format(size=size if method == "PUT" else 0, count=keys, head=quoted, depth=depth)


def parsed(text: str) -> Result:
    """Reads what wrk prints."""
    answered = re.search(r"(\d+) requests in", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if not answered or not rate:
        raise RuntimeError(f"wrk said: {text[-300:]}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failed = int(refused[1]) if refused else 0
    failed += sum(int(count) for count in broken.groups()) if broken else 0
    return Result(int(answered[1]), float(rate[1]), failed)


def run(server: Server, method: str, pattern: str, keys: int, size: int, connections: int, depth: int,
        seconds: int) -> Result:
    """Loads a server for some seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script(method, pattern, min(keys, REQUESTS), size, depth))
        file.flush()
        before = _cpu_seconds()
        result = parsed(shell.output([shell.find("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}",
                                      "-s", file.name, f"http://127.0.0.1:{server.port}"]))
        return dataclasses.replace(result, cpu_seconds=_cpu_seconds() - before)


def _cpu_seconds() -> float:
    """Of the programs that were run and have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime
