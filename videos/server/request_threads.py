"""The threads that answer requests, and the queue for them. Called only from the loop, apart from the threads."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from videos.server.frame_stack import with_preallocated_frames

Job = TypeVar("Job")
_Inbox = queue.SimpleQueue[Job]


class AnsweringThreads(Generic[Job]):
    """At most `max_threads` threads, started when needed, each with one job at a time."""

    def __init__(self, work: Callable[[Job], bool], max_threads: int, wake_loop: Callable[[], None]) -> None:
        self._work, self._max_threads, self._wake_loop = work, max_threads, wake_loop
        # The inboxes of idle threads, and the jobs that wait for a thread.
        self._idle: list[_Inbox[Job]] = []
        self._count = 0
        self._backlog: deque[Job] = deque()
        self._done: queue.SimpleQueue[tuple[_Inbox[Job], Job, bool]] = queue.SimpleQueue()

    def is_free(self) -> bool:
        """Return whether a job that is given now starts at once."""
        return bool(self._idle) or self._count < self._max_threads

    def give(self, job: Job) -> None:
        if not self._idle and self._count < self._max_threads:
            try:
                self._start_thread()
            except RuntimeError:
                # The system allows no more threads: the existing ones have to be enough.
                self._count -= 1
                if self._count == 0:
                    raise
                self._max_threads = self._count
        if self._idle:
            # The thread that became idle last has the warmest caches. So a few threads make most pages.
            self._idle.pop().put(job)
        else:
            self._backlog.append(job)

    def take_done(self) -> Iterator[tuple[Job, bool]]:
        """Yield (job, result) of each job that is done, and give its thread the next one."""
        while not self._done.empty():
            inbox, job, result = self._done.get()
            if self._backlog:
                inbox.put(self._backlog.popleft())
            else:
                self._idle.append(inbox)
            yield job, result

    def _start_thread(self) -> None:
        inbox: _Inbox[Job] = queue.SimpleQueue()
        self._count += 1
        name = f"request-{self._count}"
        threading.Thread(
            target=with_preallocated_frames, args=(self._work_forever, inbox), name=name, daemon=True
        ).start()
        self._idle.append(inbox)

    def _work_forever(self, inbox: _Inbox[Job]) -> None:
        while True:
            job = inbox.get()
            result = False
            try:
                result = self._work(job)
            finally:
                self._done.put((inbox, job, result))
                self._wake_loop()
                # An idle thread keeps no reference to its last job.
                del job
