"""A Python that has Django, the project and its libraries imported already, and forks for each program it is asked for.

A program that imports them itself begins with a second of computing, and the suite starts hundreds. What is forked is a
process like any other: no module of the project does more than define at its import, and the settings are read anew, by
the environment of the process. Run by tests/processes.py, which says over standard input what is to be run.
"""

import gc
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
SETTINGS = "lvs_site.settings"
# Commands import these only when they need them.
LIBRARIES = (
    "django.contrib.staticfiles.storage", "django.core.cache.backends.locmem",
    "django.core.management.commands.migrate", "django.db.backends.sqlite3.base", "django.db.migrations.executor",
    "django.template.backends.django", "django.template.loader_tags", "django.test.utils",
    "django.utils.autoreload", "gunicorn.app.base", "gunicorn.arbiter", "gunicorn.workers.gthread",
    "logging.config", "multiprocessing.util", "rich.progress", "whitenoise.middleware", "whitenoise.storage",
)  # fmt: skip


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int], int] | None:
    """Return the next request, the standard streams, and where its end is told; None when nobody asks any more."""
    message, descriptors, *_ = socket.recv_fds(channel, 1, 5)
    if not message:
        return None
    request, *streams, end = descriptors
    with open(request) as file:
        return json.load(file), streams, end


def serve(channel: socket.socket) -> dict[str, Any]:
    """Fork for each request; return in the new process, with what it is to run."""
    woken, wakes = socket.socketpair()
    woken.setblocking(False)
    wakes.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    ends: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                with suppress(BlockingIOError):
                    woken.recv(4096)
                tell_of_the_ended(ends)
            if channel not in ready:
                continue
            request = receive(channel)
            if request is None:
                os._exit(0)
            what, streams, end = request
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for other in (channel, woken, wakes):
                    other.close()
                for descriptor in (end, *ends.values()):
                    os.close(descriptor)
                take_on(streams)
                return what
            for descriptor in streams:
                os.close(descriptor)
            ends[pid] = end
            channel.sendall(pid.to_bytes(8))


def tell_of_the_ended(ends: dict[int, int]) -> None:
    """Write the status of each child that has ended to whoever asked for it."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        end = ends.pop(pid)
        with suppress(BrokenPipeError):
            os.write(end, os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))
        os.close(end)


def take_on(streams: list[int]) -> None:
    """Make these descriptors the standard streams, as Python opens them."""
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    for descriptor in set(streams) - {0, 1, 2}:
        os.close(descriptor)
    sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)


def run(what: dict[str, Any]) -> None:
    """Run a script or a piece of code as `python` does, in its own folder, environment and group."""
    if what["own_group"]:
        os.setpgid(0, 0)
    os.environ.clear()
    os.environ.update(what["environment"])
    os.chdir(what["folder"])
    time.tzset()
    tempfile.tempdir = None
    if what["code"] is None:
        sys.argv = what["arguments"]
        sys.path[0] = os.path.dirname(sys.argv[0])
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        sys.argv = ["-c", *what["arguments"]]
        sys.path[0] = ""
        exec(compile(what["code"], "<string>", "exec"), {"__name__": "__main__"})


def import_project() -> None:
    """Import every module of the project, then forget the settings and what Django has made of them."""
    import django

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": SETTINGS, "LVS_DATA_DIR": folder, "LVS_VIDEO_DIR": folder}
        django.setup()
        from asgiref.local import Local
        from django.conf import empty, settings
        from django.db import connections

        import videos

        for module in pkgutil.walk_packages(videos.__path__, "videos."):
            import_module(module.name)
        for name in ("lvs_site.urls", "lvs_site.static_files", *LIBRARIES):
            import_module(name)
    settings._wrapped = empty
    del sys.modules[SETTINGS]
    connections.__dict__.pop("settings", None)
    connections._settings = None
    connections._connections = Local(connections.thread_critical)


def main() -> None:
    sys.path[0] = str(PROJECT)
    import_project()
    gc.collect()
    gc.freeze()
    channel = socket.socket(fileno=os.dup(0))
    run(serve(channel))


if __name__ == "__main__":
    main()
