"""All that this project relies on in gunicorn beyond what its manual promises, in one place.

`serve` replaces gunicorn's loop (connection_worker.py), and so uses parts of it that may change in any release. Each is
named here with what is relied on; tests/server/test_gunicorn_internals.py checks each against the pinned version and
against the newest. No other module imports gunicorn.
"""

import socket
from typing import Any

from gunicorn import http, util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.base import Worker

# By these the arbiter says that a worker ended because it could not even start.
_START_FAILURES = {Arbiter.WORKER_BOOT_ERROR, Arbiter.APP_LOAD_ERROR}
_ABOUT_A_WORKER = "Worker (pid:%s)"


class WorkerProcess(Worker):
    """The process that serves, forked by the arbiter; a subclass brings the loop.

    Relied on: the attributes `cfg`, `sockets`, `alive`, `ppid` and `wsgi`, the last one from init_process() on, which
    ends in run(); handle_exit() as the handler of SIGTERM, and handle_quit() as that of SIGINT and of SIGQUIT;
    notify(), called once in `timeout` seconds at least, or the arbiter kills the process; and handle_error(request,
    socket, client, error), which logs the error and answers 500, also for a request that is None.
    """


class Application(BaseApplication):
    """What the arbiter runs. Relied on: load_config() fills `cfg` by cfg.set(name, value), load() returns the WSGI one.

    Both are in gunicorn's manual ("Custom Application"); BaseApplication is here as no other module names gunicorn.
    """


class ServerLog(Logger):
    """gunicorn's log, by the setting `logger_class`. Relied on: error(msg, *args) and warning(msg, *args)."""


def is_of_a_worker_that_died(message: object, arguments: tuple[Any, ...]) -> bool:
    """Return whether a line of the arbiter's log says that a worker ended which had started.

    Relied on: the line begins with "Worker (pid:%s)", and one about a worker that could not start has
    Arbiter.WORKER_BOOT_ERROR or Arbiter.APP_LOAD_ERROR among its arguments.
    """
    return str(message).startswith(_ABOUT_A_WORKER) and not _START_FAILURES & set(arguments)


def parse_request(content: bytes, client: Any, config: Config) -> Any:
    """Return the request that these bytes are, or None where they are none. Raises what gunicorn's parser does.

    Relied on: get_parser() takes an iterable of bytes in place of a socket, yields the requests in it, and ends by
    NoMoreData or StopIteration.
    """
    try:
        return next(http.get_parser(config, [content], client))
    except (NoMoreData, StopIteration):
        return None


def response_to(request: Any, viewer: socket.socket, client: Any, server: Any, config: Config) -> tuple[Any, Any]:
    """Return (response, environ) for a request, as a WSGI application wants them.

    Relied on: wsgi.create(request, socket, client, server, config); of the response start_response() and
    force_close(); of the environ `wsgi.multithread`, which gunicorn leaves to the worker, and `wsgi.file_wrapper`.
    """
    created: Any = wsgi.create(request, viewer, client, server, config)
    response, environ = created
    environ["wsgi.multithread"] = True
    return response, environ


def has_begun(response: Any) -> bool:
    """Return whether a part of the response is on its way. Relied on: headers_sent."""
    return bool(response.headers_sent)


def may_go_on(response: Any) -> bool:
    """Return whether another request may follow on the connection. Relied on: should_close()."""
    return not response.should_close()


def send(response: Any, content: Any, environ: dict[str, Any]) -> bool:
    """Send the content; return whether that was all of what the headers promise.

    Relied on: write(), close() and write_file(), which calls sendfile() of the connection's own socket; `req`,
    `status_code`, `sent`, and `response_length`, None where no header promises one.
    """
    if isinstance(content, environ["wsgi.file_wrapper"]):
        response.write_file(content)  # all of it, or SendingEnded
        return True
    for part in content:
        response.write(part)
    response.close()
    has_body = response.req.method != "HEAD" and response.status_code not in (204, 304)
    return not has_body or response.response_length in (None, response.sent)


def close_socket(viewer: socket.socket) -> None:
    """Close a connection, also one that is closed. Relied on: util.close(), which raises nothing."""
    util.close(viewer)
