"""gunicorn's worker process: it runs the loop of connections, and threads that answer requests with Django.

Until a request is complete it costs no thread: a thousand clients that send half a request, or nothing, hold none.
"""

import logging
import os
import signal
import time
from typing import Any

from videos.server.client_socket import SendingEnded
from videos.server.connection import Connection
from videos.server.connection_loop import ConnectionLoop
from videos.server.gunicorn_internals import WorkerProcess, has_begun, may_go_on, parse_request, response_to, send

logger = logging.getLogger(__name__)


class ConnectionWorker(WorkerProcess):
    """The process that serves. Its main thread runs the loop; `_answer` and `_respond` run in the other threads."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._interrupts = 0

    def init_process(self) -> None:
        self._loop = ConnectionLoop(self._answer, self.cfg.threads)
        super().init_process()

    def run(self) -> None:
        self._loop.listen(self.sockets)
        next_sweep = 0.0
        while self.alive and self.ppid == os.getppid():
            self.notify()
            self._loop.turn(1.0)
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + 1.0
                self._loop.sweep()
        self._loop.stop()
        # This process began as a fork of the one that started it, and must not run that one's exit handlers.
        logging.shutdown()
        os._exit(0)

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.alive = False
        self._loop.is_stopping = True
        self._loop.wake()

    def handle_quit(self, sig: int, frame: Any) -> None:
        self._interrupts += sig == signal.SIGINT
        if self._interrupts > 1:
            os._exit(0)  # a second Ctrl-C ends it at once, whatever still runs
        self.handle_exit(sig, frame)

    # --- in a thread -------------------------------------------------------------------------------------------

    def _answer(self, connection: Connection) -> bool:
        """Answer a request; return whether the connection stays open."""
        request = None
        try:
            # gunicorn's parser gets this request alone and no socket, so it ends where our reader found the end.
            request = parse_request(connection.request, connection.client, self.cfg)
            return request is not None and self._respond(connection, request)
        except SendingEnded as ending:
            logger.debug("%s: %s.", connection.client, ending.strerror)
            connection.close()
        except (ConnectionError, TimeoutError) as error:
            logger.debug("%s: %s.", connection.client, error.strerror)
        except Exception as error:  # noqa: BLE001  the thread must survive any request
            self.handle_error(request, connection.socket, connection.client, error)
        return False

    def _respond(self, connection: Connection, request: Any) -> bool:
        response, environ = response_to(request, connection.socket, connection.client, connection.server, self.cfg)
        if not self.alive:
            response.force_close()
        content = self.wsgi(environ, response.start_response)
        try:
            return send(response, content, environ) and may_go_on(response)
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            if not has_begun(response):
                raise
            # The headers are out: an error page now would become part of the video.
            logger.exception("The response to %s %s failed after its headers were sent", request.method, request.uri)
            return False
        finally:
            close = getattr(content, "close", None)
            if close:
                close()
