"""The real server, started for a test and stopped by it."""

import http.client
import re
import signal
import subprocess
import tempfile

START_LINE = re.compile(r"http://([^ :]+):(\d+)")
END_WITHIN_SECONDS = 20


class Server:
    """A latchkey that serves on loopback until the end of a `with`."""

    def __init__(self, binary, shards, port=0, flags=()):
        self._log = tempfile.TemporaryFile()
        command = [binary, "--host", "127.0.0.1", "--port", str(port), "--shards", str(shards), "--threads", "4", *flags]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        # The start-up line, or nothing where the server has ended already.
        match = START_LINE.search(self._process.stdout.readline())
        if match is None:
            self._log.seek(0)
            log = self._log.read().decode(errors="replace")
            self.stop()
            raise RuntimeError(f"{binary} did not start: {log}")
        self.host, self.port = match[1], int(match[2])
        self.url = f"http://{self.host}:{self.port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=10)

    def request(self, method, path, body=None, headers=None):
        """Sends one request; gives status, fields and content of the answer."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def suspend(self):
        """Lets the server hang, with its connections open, until `resume`."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        """Asks the server to end, and waits until it has."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise
        self._process.stdout.close()
        self._log.close()
