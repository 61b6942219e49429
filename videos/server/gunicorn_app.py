"""gunicorn as `serve` runs it: one process with many threads."""

import contextlib
import logging
import threading
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from videos.db import health
from videos.db.opening import the_keeper
from videos.listing.index import preload
from videos.middleware.application import get_application
from videos.server.connection_worker import ConnectionWorker
from videos.server.gunicorn_internals import Application, ServerLog, is_of_a_worker_that_died
from videos.server.request_head import GUNICORN_LIMITS

logger = logging.getLogger(__name__)


class _Application(Application):
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        application = get_application()
        # In the process that serves. The one that it was forked from no longer opens the database.
        the_keeper.start()
        threading.Thread(target=_preload_lists, name="lists", daemon=True).start()
        return application


def _preload_lists() -> None:
    """Read the index before the first page asks for it."""
    if health.problem() is not None:
        return  # a connection sets the journal mode, which would change a damaged file
    # Without a database every page reports that itself.
    with contextlib.suppress(DatabaseError):
        preload()
    connection.close()


class _Logger(ServerLog):
    """gunicorn's log. It calls the process that serves a worker, and so is another one called here."""

    def error(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        if is_of_a_worker_that_died(msg, args):
            self.warning("The process that serves (%s) ended unexpectedly (%s); starting it again.", *args)
        else:
            super().error(msg, *args, **kwargs)


def run_server(host: str, port: int, threads: int) -> None:
    """Serve until a signal stops it. One process, so that all threads share its cache and its write lock."""
    _Application(options(host, port, threads)).run()


def options(host: str, port: int, threads: int) -> dict[str, Any]:
    """Return gunicorn's settings, which its manual lists, but for the class of the worker."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": 1,
        "worker_class": ConnectionWorker,
        "threads": threads,
        # A thread that streams a film for hours does not hang: the loop sends the heartbeat for the process.
        "timeout": 60,
        # After this the process would be killed. It needs less (connection_loop.FINISH_SECONDS).
        "graceful_timeout": 5,
        **GUNICORN_LIMITS,
        "loglevel": "warning",
        "logger_class": _Logger,
        "control_socket_disable": True,
        # Only the proxies in LVS_PROXIES may say where a request really came from.
        "forwarded_allow_ips": ",".join(map(str, settings.PROXIES)),
    }
