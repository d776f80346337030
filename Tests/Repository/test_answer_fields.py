"""No client of a test takes an answer that has a field twice."""

import os
import pathlib
import socket
import subprocess
import sys
import threading
import unittest

_FOLDER = pathlib.Path(__file__).resolve().parent.parent / "AnswerFields"
_CLIENT = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=60).status)"


def ask(fields: str) -> subprocess.CompletedProcess:
    """What Python's client makes of an answer with these field lines."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def answer() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(f"HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        result = subprocess.run(
            [sys.executable, "-c", _CLIENT, f"http://127.0.0.1:{listener.getsockname()[1]}"], capture_output=True, text=True,
            env=environment | {"PYTHONPATH": str(_FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}, timeout=120, check=False)
        thread.join()
        return result


class AnswerFieldsTests(unittest.TestCase):
    def test_an_answer_with_a_field_twice_is_none(self):
        result = ask("Date: a\r\ndate: b\r\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("more than one date", result.stderr)

    def test_fields_of_lists_may_come_twice(self):
        self.assertEqual(ask("Vary: a\r\nVary: b\r\nDate: a\r\n").stdout, "200\n")


if __name__ == "__main__":
    unittest.main()
