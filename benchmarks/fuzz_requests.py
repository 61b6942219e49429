"""50,000 odd requests (odd_requests.py) over loopback to the real `serve`. None may be answered with a 5xx.

Half go to a site without login, half to one that requires it, with and without a session. FUZZ=2000 in the environment
makes it shorter, SEED=7 gives other requests.
"""

import http.client
import os
import re
import socket
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.core.management import call_command

from benchmarks.figures import note, verdict
from benchmarks.first_scan import MANAGE
from benchmarks.odd_requests import odd_requests
from benchmarks.odd_values import TOKEN
from benchmarks.sites import ask, made_film, served

COUNT, SEED = int(os.environ.get("FUZZ", "50000")), int(os.environ.get("SEED", "1"))
CLIENTS, SECONDS = 4, 30
NAME, PASSWORD = "fuzz", "a long password"


@dataclass
class Fuzzed:
    """The results: the number of each status, and the requests that were answered with a 5xx."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[int, bytes]] = field(default_factory=list)
    unanswered: int = 0

    def add(self, request: bytes, received: bytes) -> None:
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] ([1-5][0-9]{2}) ", received)]
        self.statuses.update(statuses)
        self.unanswered += not statuses
        self.failures += [(status, request) for status in statuses if status >= 500]


def fuzz(port: int, seed: int, count: int, sessions: list[str]) -> Fuzzed:
    """Send the requests of a seed to a local server, each on its own connection."""
    found, guard, left = Fuzzed(), threading.Lock(), odd_requests(seed, count, sessions)

    def send_some() -> None:
        while True:
            with guard:
                request = next(left, None)
            if request is None:
                return
            received = exchange(port, request)
            with guard:
                found.add(request, received)

    threads = [threading.Thread(target=send_some) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def exchange(port: int, request: bytes) -> bytes:
    """Send a request and the end of the connection; return all bytes until the server closes it, too."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        try:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(1 << 16):
                received += piece
        except ConnectionError:
            pass  # the bytes received before count
        except TimeoutError:
            received += b"HTTP/1.1 599 nothing came\r\n"
    return bytes(received)


def session(port: int) -> str:
    """Log in and return the session cookie, as it follows another cookie."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    form = urlencode({"csrfmiddlewaretoken": TOKEN, "username": NAME, "password": PASSWORD})
    headers = {"Cookie": f"csrftoken={TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}
    client.request("POST", "/login/", form, headers)
    response = client.getresponse()
    cookies = response.headers.get_all("Set-Cookie") or []
    found = [match[1] for cookie in cookies if (match := re.match(r"sessionid=(\w+)", cookie))]
    assert found, f"the login answered {response.status}"
    return f"; sessionid={found[0]}"


def make_account() -> None:
    user = "__import__('django.contrib.auth.models').contrib.auth.models.User"
    code = f"{user}.objects.create_superuser({NAME!r}, password={PASSWORD!r})"
    subprocess.run([*MANAGE, "shell", "--no-imports", "-c", code], check=True)


def run() -> bool:
    film = made_film(4 * 1024**2)
    call_command("scan_library", verbosity=0)
    make_account()
    failures, is_alive = 0, True
    for number, title in enumerate(("without login", "with login")):
        os.environ["LVS_REQUIRE_LOGIN"] = str(number)
        with served(film, status=302 if number else 206) as site:
            found = fuzz(site.port, SEED + number, COUNT // 2, ["", "", session(site.port)])
            is_alive &= ask(site.port, "/healthz") == 200
            note(f"{title}: {dict(sorted(found.statuses.items()))}, no answer {found.unanswered}")
            note(f"memory {site.megabytes():.0f} MB")
        for status, request in found.failures[:20]:
            note(f"{status}: {request[:400]!r}")
        failures += len(found.failures)
    return verdict(
        f"{COUNT:,} odd requests",
        f"{failures} answered by a failure, the server is {'alive' if is_alive else 'gone'}",
        "0 of 5xx, alive",
        not failures and is_alive,
    )
