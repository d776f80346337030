"""Real requests from several threads: one key that all want, and others all over the table."""

import itertools
import threading

HOT_KEY = "hot"
SINGLE_CLIENTS = 2
SPREAD_KEYS = 500


class Load:
    """Loads `server` until the end of a `with`: batches, each on one of `batch_keys`, and single requests on other keys.

    An item of a batch takes the shard's lock once: many of them in one request are many acquisitions for little HTTP.
    """

    def __init__(self, server, batch_keys=(HOT_KEY,), batch_clients=4, items_per_batch=400):
        self._server = server
        self._batch_keys = batch_keys
        self._items_per_batch = items_per_batch
        self._stop = threading.Event()
        self._failures = []
        workers = [self._batches] * batch_clients + [self._singles] * SINGLE_CLIENTS
        self._threads = [threading.Thread(target=self._run, args=(worker,), daemon=True) for worker in workers]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise RuntimeError("the load could not be put on") from self._failures[0]

    def _run(self, worker):
        connection = self._server.connect()
        try:
            for method, path, body in worker():
                if self._stop.is_set():
                    return
                connection.request(method, path, body)
                connection.getresponse().read()
        except OSError as error:
            self._failures.append(error)
        finally:
            connection.close()

    def _batches(self):
        for key in itertools.cycle(self._batch_keys):
            item = f"PUT {key} 4\nabcd\nGET {key}\n".encode()
            yield "POST", "/batch", item * (self._items_per_batch // 2)

    def _singles(self):
        for number in itertools.count():
            path = f"/keys/spread/{number % SPREAD_KEYS}"
            yield "PUT", path, b"x" * (number % 1000)
            yield "GET", path, None
            yield "PUT", f"/keys/{HOT_KEY}", b"abcd"
            yield "GET", "/keys/not-there", None
