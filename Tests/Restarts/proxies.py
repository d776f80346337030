"""nginx and HAProxy, set up by the files in deploy/proxies/ but for the ports."""

import pathlib
import re
import subprocess

FILES = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "proxies"

# What Debian's nginx.conf has around the files that it includes.
NGINX = """
daemon off;
pid nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  include latchkey.conf;
}
"""


def set_up(file: str, ports: dict[str, int]) -> str:
    """The text of a file with other ports; fails where it does not name each of them."""
    text = (FILES / file).read_text()
    for documented, port in ports.items():
        text, count = re.subn(rf"(?m)^(\s*(?:listen |bind :|server .*127\.0\.0\.1:)){documented}\b", rf"\g<1>{port}", text)
        if count != 1:
            raise AssertionError(f"{file} names port {documented} {count} times")
    return text


def start_nginx(folder: pathlib.Path, ports: dict[str, int], errors) -> subprocess.Popen:
    """Starts nginx in `folder`."""
    folder.chmod(0o755)  # It gives up its rights where it has many.
    (folder / "latchkey.conf").write_text(set_up("nginx.conf", ports))
    (folder / "nginx.conf").write_text(NGINX)
    return subprocess.Popen(["nginx", "-p", folder, "-c", "nginx.conf"], stderr=errors)


def start_haproxy(folder: pathlib.Path, ports: dict[str, int], errors) -> subprocess.Popen:
    """Starts HAProxy in `folder`."""
    (folder / "haproxy.cfg").write_text(set_up("haproxy.cfg", ports))
    return subprocess.Popen(["haproxy", "-db", "-f", folder / "haproxy.cfg"], stdout=errors, stderr=errors)
