"""An even load on the server, of which is known how many requests it sent, and when."""

import bisect
import http.client
import threading
import time

CLIENTS = 4
REQUESTS_A_SECOND = 50
KEYS = 100
VALUE = b"x" * 200


class Load:
    """Each client has a connection and sends, one after the other, GETs mostly; a listing is among them."""

    METHODS = ["PUT", "GET", "GET", "GET", "HEAD", "LIST", "GET", "GET", "GET", "DELETE"]

    def __init__(self, address):
        self.address = address
        self.stopping = threading.Event()
        self.failures = []
        # When each request was answered, for each client: only its own thread writes there.
        self.answered = [[] for _ in range(CLIENTS)]
        self.threads = [threading.Thread(target=self.send, args=(client,), daemon=True) for client in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def send(self, client):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        due = time.monotonic()
        number = 0
        try:
            while not self.stopping.wait(max(0, due - time.monotonic())):
                due += 1 / REQUESTS_A_SECOND
                method = self.METHODS[number % len(self.METHODS)]
                if method == "LIST":
                    connection.request("GET", "/keys/?limit=10")
                else:
                    key = f"/keys/load/{client}/{number // len(self.METHODS) % KEYS}"
                    connection.request(method, key, body=VALUE if method == "PUT" else None)
                answer = connection.getresponse()
                answer.read()
                self.answered[client].append(time.time())
                if answer.status not in (200, 201, 204):
                    self.failures.append(f"{method}: {answer.status}")
                number += 1
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))
        finally:
            connection.close()

    def count(self, start, end):
        """How many requests were answered after `start` and until `end`."""
        return sum(bisect.bisect_right(times, end) - bisect.bisect_right(times, start) for times in self.answered)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
