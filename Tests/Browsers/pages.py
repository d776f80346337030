"""A site of somebody else: an empty page, from a server of its own."""

import http.server
import socket
import threading

PAGE = b"<!doctype html><title>elsewhere</title><link rel=icon href=data:,><body></body>\n"


class Site:
    """Serves `PAGE` on a port of its own until the end of a `with`."""

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()
        self._thread.join()

    @property
    def port(self):
        return self._server.server_port

    def origin(self, host):
        return f"http://{host}:{self.port}"


class _Server(http.server.ThreadingHTTPServer):
    """Ends all of its connections at its end: browsers open some before they need them."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._connections = []

    def get_request(self):
        connection, address = super().get_request()
        self._connections.append(connection)
        return connection, address

    def end_connections(self):
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                # It has ended already.
                pass


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass
