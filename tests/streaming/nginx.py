"""The real nginx in front of the real server, both set up as docs/deployment.md has it."""

import os
import re
import shlex
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.conftest import PROJECT, Shell
from tests.live_server import Server, free_port, running, wait_for
from tests.programs import program
from tests.streaming.wire import Headers, Reply, Wire

HOST = "videos.example.org"
_DOCUMENT = (PROJECT / "docs" / "deployment.md").read_text()
# What stands around a site in Debian's nginx.conf, in a folder of its own.
_NGINX_CONF = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    gzip on;
    gzip_types *;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@dataclass
class Front:
    """nginx in front of a server; `cookies` are those of somebody who has logged in."""

    server: Server
    folder: Path
    http_port: int
    https_port: int
    cookies: str = ""

    def wire(self) -> Wire:
        tls = ssl.create_default_context(cafile=str(self.folder / "own.crt"))
        return Wire(self.https_port, host=HOST, tls=tls)

    def ask(self, method: str, target: str, headers: Headers = ()) -> Reply:
        with self.wire() as wire:
            return wire.ask(method, target, [("Cookie", self.cookies), *headers])

    @property
    def log(self) -> str:
        return (self.folder / "error.log").read_text(errors="replace")


@contextmanager
def behind_nginx(shell: Shell, folder: Path) -> Iterator[Front]:
    """Serve a migrated library, in which a person named ada can log in, behind nginx while the block runs."""
    nginx, openssl = program("nginx", package="nginx-light"), program("openssl", package="openssl")
    subprocess.run([openssl, *_own_certificate(folder)], check=True, capture_output=True, timeout=60)
    shell.python("from django.contrib.auth.models import User; User.objects.create_user('ada', password='sea and sun')")
    shell.environment |= _service_environment(shell)
    with running(shell, "--no-worker") as server:
        front = Front(server, folder, free_port(), free_port())
        (folder / "nginx.conf").write_text(_NGINX_CONF.format(**_site(front)))
        process = subprocess.Popen([nginx, "-e", folder / "error.log", "-p", folder, "-c", folder / "nginx.conf"])
        try:
            wait_for(lambda: process.poll() is not None or (folder / "nginx.pid").exists(), 20, lambda: front.log)
            assert process.poll() is None, front.log
            front.cookies = _log_in(front)
            yield front
        finally:
            process.terminate()
            process.wait(20)


def _block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", _DOCUMENT, re.DOTALL)
    return found


def _put_in(text: str, replacements: dict[str, str]) -> str:
    for name, value in replacements.items():
        assert name in text, f"docs/deployment.md no longer has {name!r}"
        text = text.replace(name, value)
    assert "/srv/" not in text
    assert "/etc/" not in text
    return text


def _site(front: Front) -> dict[str, str]:
    site = _put_in(
        _block("nginx"),
        {
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{front.server.port};",
            "listen 80;": f"listen 127.0.0.1:{front.http_port};",
            "listen [::]:80;": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{front.https_port} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "/srv/videos/": f"{front.server.shell.videos}/",
            "/srv/local-video-server/generated/": f"{front.server.shell.data}/generated/",
            "/etc/ssl/certs/local-video-server.crt": f"{front.folder}/own.crt",
            "/etc/ssl/private/local-video-server.key": f"{front.folder}/own.key",
        },
    )
    # As root, nginx would give the tests' folders to somebody who may not look into them.
    return {"folder": str(front.folder), "site": site, "user": "user root;" if os.geteuid() == 0 else ""}


def _own_certificate(folder: Path) -> list[str]:
    (line,) = re.findall(r"^openssl (req .*)$", _DOCUMENT, re.MULTILINE)
    names = {"/etc/ssl/private/local-video-server.key": "own.key", "/etc/ssl/certs/local-video-server.crt": "own.crt"}
    return shlex.split(_put_in(line, {name: f"{folder}/{value}" for name, value in names.items()}))


def _service_environment(shell: Shell) -> dict[str, str]:
    unit = _put_in(_block("ini"), {"/srv/videos": str(shell.videos), "/srv/local-video-server": str(PROJECT)})
    variables = dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE))
    assert variables.pop("LVS_BIND") == "127.0.0.1:8000"  # the tests choose a free port
    assert variables["LVS_SENDFILE"] == "nginx"
    return variables


def _log_in(front: Front) -> str:
    page = front.ask("GET", "/login/")
    token = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)[-1]
    form = urlencode({"username": "ada", "password": "sea and sun", "csrfmiddlewaretoken": token.decode()})
    with front.wire() as wire:
        wire.write(
            "POST", "/login/",
            [("Cookie", _cookies(page)), ("Content-Type", "application/x-www-form-urlencoded"),
             ("Origin", f"https://{HOST}"), ("Content-Length", str(len(form)))],
        )  # fmt: skip
        wire.send(form.encode())
        reply = wire.read()
    assert reply.status == 302, reply
    return _cookies(reply)


def _cookies(reply: Reply) -> str:
    """Return the cookies that are set; over TLS they are never sent without it."""
    found = [value for name, value in reply.headers if name == "Set-Cookie"]
    assert found
    assert all("Secure" in value for value in found)
    return "; ".join(value.partition(";")[0] for value in found)
