"""The server and a Prometheus that scrapes it, both started for a test, on free ports of the loopback interface."""

import atexit
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from places import BINARY, PROMETHEUS

START_LIMIT = 20
STOP_LIMIT = 20
REQUEST_LIMIT = 10


def eventually(what, condition, seconds):
    """Asks until the answer is true, and returns it; an AssertionError that says `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A program whose output goes to a file, and that is ended with SIGTERM."""

    def __init__(self, name, command):
        self.log = tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".log")
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        # Where the tests are interrupted nobody else ends it.
        atexit.register(self.kill)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def output(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def stop(self):
        """The exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_LIMIT)
        finally:
            self.kill()
            self.log.close()

    def check_running(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.process.args[0]} ended with {self.process.returncode}:\n{self.output()}")


class Latchkey(Process):
    def __init__(self, *flags):
        super().__init__("latchkey", [BINARY, "--host", "127.0.0.1", "--port", "0", *flags])
        eventually("latchkey tells its address", self.find_address, START_LIMIT)

    def find_address(self):
        self.check_running()
        found = re.search(r"http://(127\.0\.0\.1:\d+)", self.output())
        self.address = found and found[1]
        return self.address

    def scrape(self, **fields):
        """The header fields and the bytes of /metrics."""
        request = urllib.request.Request(f"http://{self.address}/metrics", headers=fields)
        with urllib.request.urlopen(request, timeout=REQUEST_LIMIT) as answer:
            return answer.headers, answer.read()


class Prometheus(Process):
    """Has the checked-in configuration, but other targets and shorter intervals."""

    def __init__(self, targets, interval="1s"):
        self.directory = tempfile.TemporaryDirectory(prefix="check-deploy-")
        self.url = f"http://127.0.0.1:{free_port()}"
        configuration = pathlib.Path(self.directory.name, "prometheus.yml")
        configuration.write_text(yaml.safe_dump(self.configuration(targets, interval)))
        super().__init__("prometheus", [
            "prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={self.directory.name}/data",
            f"--web.listen-address={self.url.removeprefix('http://')}", "--log.level=warn"])
        eventually("prometheus is ready", self.is_ready, START_LIMIT)

    @staticmethod
    def configuration(targets, interval):
        content = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
        content["global"] = {"scrape_interval": interval, "evaluation_interval": interval}
        content["rule_files"] = [str(PROMETHEUS / pattern) for pattern in content["rule_files"]]
        [job] = content["scrape_configs"]
        job["static_configs"] = [{"targets": targets}]
        return content

    def is_ready(self):
        self.check_running()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=REQUEST_LIMIT) as answer:
                return answer.status == 200
        except OSError:
            return False

    def ask(self, path, **parameters):
        """The data of an answer of the API; its message where that is an error."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=REQUEST_LIMIT) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{json.load(error)['error']}: {parameters}") from None

    def vector(self, query, at=None):
        """Labels and value of each series."""
        result = self.ask("query", query=query, **({} if at is None else {"time": at}))
        if result["resultType"] == "scalar":
            return [({}, float(result["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in result["result"]]

    def value(self, query, at=None):
        """The value of the only series."""
        [(_, value)] = self.vector(query, at)
        return value

    def stop(self):
        try:
            return super().stop()
        finally:
            self.directory.cleanup()
