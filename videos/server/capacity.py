"""How much one server takes on: threads, those of them that may stream, waiting connections, half-read requests."""

import contextlib
import resource

# Connections that wait for a request, in addition to those with a thread. The oldest make room for new ones.
MAX_WAITING = 4096
# The memory for requests that no thread answers yet. The oldest make room here, too.
MAX_HELD_BYTES = 64 * 1024 * 1024
# Threads that are always kept for pages.
_PAGE_THREADS = 16
# A thread has open a connection and a file, or a database with its log and index.
_FILES_PER_THREAD, _OTHER_FILES, _MAX_FILES_ON_MACOS = 4, 128, 10_240


def threads_for_streams(threads: int) -> int:
    """Return how many of the threads may stream. The others are for pages, however many clients stream."""
    return max(1, threads - min(max(_PAGE_THREADS, threads // 32), threads // 2))


def allow_open_files(threads: int) -> int:
    """Raise the limit of open files for so many threads; return for how many it is enough."""
    wanted = _FILES_PER_THREAD * threads + MAX_WAITING + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (wanted, hard, _MAX_FILES_ON_MACOS):
        if soft == resource.RLIM_INFINITY or soft >= min(wanted, limit):
            break
        with contextlib.suppress(ValueError, OSError):  # the system's real limit is below the one it reports
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            soft = limit
    if soft == resource.RLIM_INFINITY:
        return threads
    return max(1, min(threads, (soft - _OTHER_FILES) // _FILES_PER_THREAD))
