"""The background worker that `serve` runs, started again whenever it dies."""

import contextlib
import subprocess
import sys
import threading
import time

from django.conf import settings

from videos.jobs.worker_status import WorkerStart
from videos.server.gunicorn_app import logger

_STOP_SECONDS = 10
# The pause before a restart doubles each time, in case the worker dies while it starts.
_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 1.0, 60.0


class WorkerSupervisor:
    """Runs the worker in a process of its own and restarts it whenever it dies.

    The worker ends when its standard input is closed, so it never outlives the server, however that ends.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._process = self._start()
        threading.Thread(target=self._keep_alive, name="worker-guard", daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        WorkerStart.since = time.monotonic()
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--until-eof"]
        # In a session of its own, so that Ctrl-C reaches only the server, which then stops the worker.
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603  no outside input

    def _keep_alive(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process.wait()
            if time.monotonic() - started > _MAX_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            if self._stopping.wait(pause):
                return
            logger.warning("The worker ended unexpectedly; starting it again.")
            pause = min(2 * pause, _MAX_PAUSE_SECONDS)
            with self._guard, contextlib.suppress(OSError):
                # If the system has no room for a process now, the next turn tries again.
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
