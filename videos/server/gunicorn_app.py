"""The processes that `serve` starts: gunicorn with many threads, and the worker beside it."""

import contextlib
import logging
import resource
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from videos.db import health
from videos.db.opening import the_keeper
from videos.jobs.worker_status import WorkerStart
from videos.listing.index import preload
from videos.middleware.application import get_application
from videos.server.connection_worker import MOST_WAITING, ConnectionLoop
from videos.server.request_head import GUNICORN_LIMITS

logger = logging.getLogger(__name__)

_STOP_SECONDS = 10
# At least so many threads are kept for pages.
_PAGE_THREADS = 16
# A thread has a connection and a file, or a database with its log and index.
_FILES_A_THREAD, _OTHER_FILES, _MOST_FILES_ON_MACOS = 4, 128, 10_240
# Between the death of a worker and the next: twice as long each time, in case it dies of its start.
_FIRST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS = 1.0, 60.0


class _Application(BaseApplication):
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        application = get_application()
        # This is the process that serves; the one that it was forked from opens the database no more.
        the_keeper.start()
        threading.Thread(target=_read_lists, name="lists", daemon=True).start()
        return application


def _read_lists() -> None:
    """Read what lists are made of before somebody asks for one."""
    if health.problem() is not None:
        return  # opening a damaged file would change it: a connection sets the mode of its log
    # Without a database every page says so itself.
    with contextlib.suppress(DatabaseError):
        preload()
    connection.close()


class _Logger(Logger):
    """gunicorn's log. It calls the process that serves a worker, and so is another one called here."""

    def error(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        could_start = not {Arbiter.WORKER_BOOT_ERROR, Arbiter.APP_LOAD_ERROR} & set(args)
        if str(msg).startswith("Worker (pid:%s)") and could_start:
            self.warning("The process that serves (%s) ended unexpectedly (%s); it is started again.", *args)
        else:
            super().error(msg, *args, **kwargs)


def run_server(host: str, port: int, threads: int) -> None:
    """Serve until a signal says stop. One process: its cache and its write lock are everybody's."""
    _Application(
        {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": 1,
            "worker_class": ConnectionLoop,
            "threads": threads,
            # A thread that plays an hour-long film is no hung worker: the loop answers for the process.
            "timeout": 60,
            # The process that serves needs less (connections.FINISH_SECONDS); after this it would be killed.
            "graceful_timeout": 5,
            **GUNICORN_LIMITS,
            "loglevel": "warning",
            "logger_class": _Logger,
            "control_socket_disable": True,
            # Nobody but a proxy that was named may say where a request really came from.
            "forwarded_allow_ips": ",".join(map(str, settings.PROXIES)),
        }
    ).run()


def threads_for_streams(threads: int) -> int:
    """Return how many of the threads may stream: the others are for pages, however many viewers there are."""
    return max(1, threads - min(max(_PAGE_THREADS, threads // 32), threads // 2))


def allow_open_files(threads: int) -> int:
    """Let this process open the files and connections of so many threads; return how many it can do with."""
    wanted = _FILES_A_THREAD * threads + MOST_WAITING + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (wanted, hard, _MOST_FILES_ON_MACOS):
        if soft == resource.RLIM_INFINITY or soft >= min(wanted, limit):
            break
        with contextlib.suppress(ValueError, OSError):  # more than this system has, whatever it says its limit is
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            soft = limit
    if soft == resource.RLIM_INFINITY:
        return threads
    return max(1, min(threads, (soft - _OTHER_FILES) // _FILES_A_THREAD))


def address_problem(host: str, port: int) -> str | None:
    """Return why this address cannot be listened on, or None."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.strerror or str(error)
    return None


class Worker:
    """The background process beside the server, started again whenever it dies.

    It ends when its standard input does, so that it never outlives the server, however that ends.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._process = self._start()
        threading.Thread(target=self._keep_alive, name="worker-guard", daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        WorkerStart.since = time.monotonic()
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--until-eof"]
        # A session of its own: Ctrl-C is for the server, which then ends this.
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603  our own words

    def _keep_alive(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process.wait()
            if time.monotonic() - started > _MOST_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            if self._stopping.wait(pause):
                return
            logger.warning("The worker ended unexpectedly; it is started again.")
            pause = min(2 * pause, _MOST_PAUSE_SECONDS)
            with self._guard, contextlib.suppress(OSError):
                # Where there is no room for a process now, the next turn tries again.
                if not self._stopping.is_set():
                    self._process = self._start()

    def stop(self) -> None:
        self._stopping.set()
        with self._guard:
            process = self._process
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
