"""Bound to every address, in a network of its own: who may come in, under which names, and what is printed.

The network is a namespace of the kernel that lives as long as the test: nothing outside is listened to.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import PROJECT, migrated_shell

pytestmark = pytest.mark.slow

OWN = ["unshare", "--net", "--map-root-user"] if os.geteuid() else ["unshare", "--net"]
# Not every kernel has other devices than this one.
NETWORK = """
set -e
ip link set lo up
ip addr add 192.168.77.20/32 dev lo
ip route add default dev lo src 192.168.77.20
"""
# A terminal around it, and what is printed there in a file.
VISIT = r"""
import os, pty, re, signal, subprocess, sys, time, urllib.error, urllib.request

def ask(url, host=None):
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args): return None
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        return urllib.request.build_opener(Stay).open(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
printed = b""
while b"Listening" not in printed or not printed.endswith(b"\n"):
    printed += os.read(terminal, 65536)
for _ in range(100):
    try:
        ask("http://127.0.0.1:8123/healthz"); break
    except OSError:
        time.sleep(0.1)
print("STATUS", *[ask(*what) for what in (
    ("http://127.0.0.1:8123/",), ("http://192.168.77.20:8123/",), ("http://127.0.0.1:8123/", "192.168.77.20:8123"),
    ("http://192.168.77.20:8123/login/",), ("http://192.168.77.20:8123/login/", "evil.example:8123"),
    ("http://192.168.77.20:8123/login/", "192.168.77.21:8123"),
)])
os.kill(pid, signal.SIGTERM)
try:
    while piece := os.read(terminal, 65536): printed += piece
except OSError:
    pass
print("ENDED", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
sys.stdout.write(printed.decode())
"""


def in_a_house(tmp_path, *arguments):
    """Serve on every address of a computer in a house, and return what its visitors were answered and what it said."""
    has_tools = shutil.which("ip") and shutil.which("unshare")
    if not has_tools or subprocess.run([*OWN, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system gives no network of its own: that takes iproute2 and a kernel that allows it")
    shell = migrated_shell(tmp_path)
    (tmp_path / "visit.py").write_text(VISIT)
    serve = [PROJECT / "manage.py", "serve", "--no-worker", "--bind", "0.0.0.0:8123", "--threads", "32", *arguments]
    script = NETWORK + " ".join(["exec", sys.executable, str(tmp_path / "visit.py"), *map(str, serve)])
    done = subprocess.run(
        [*OWN, "sh", "-c", script], env=shell.environment, text=True, capture_output=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.replace("\r\n", "\n")


def test_the_house_is_let_in_by_the_computers_address_after_a_login(tmp_path):
    said = in_a_house(tmp_path)
    assert "STATUS 302 302 302 200 400 400\n" in said
    assert "ENDED 0\n" in said
    where = "Listening on http://192.168.77.20:8123/, and http://localhost:8123/ on this computer  (Ctrl-C stops)\n"
    assert where + "Open to whoever logs in.\n" in said
    assert "Nobody can log in yet. This makes an account: " in said
    assert len(re.findall(r"\x1b\[38;5;16;48;5;231m[ ▀▄█]+\x1b\[0m", said)) > 10, "the code for phones"


def test_allow_anonymous_opens_it_to_the_house(tmp_path):
    said = in_a_house(tmp_path, "--allow-anonymous")
    assert "STATUS 200 200 200 200 400 400\n" in said
    assert "Open to everybody who reaches it, without a login.\n" in said
    assert "Nobody can log in yet" not in said
