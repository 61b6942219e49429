"""The transaction that a mark is written in, and which videos it can be written for."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, DataError, IntegrityError

from videos.db import health
from videos.db.conditions import Condition
from videos.db.health import DatabaseUnavailable
from videos.db.transactions import write_transaction
from videos.models import Video

# An account, or what stands for it on a request.
Viewer = User | Any


@contextmanager
def saving() -> Iterator[None]:
    """Write within a transaction. Raises DatabaseUnavailable where the database or its disk does not take it."""
    try:
        with write_transaction():
            yield
    except (IntegrityError, DataError):
        raise
    except DatabaseError as error:
        condition = health.noticed(error)
        if problem := health.problem():
            raise DatabaseUnavailable(problem) from error
        if condition is Condition.DAMAGED or (condition and condition.is_of_disk):
            raise DatabaseUnavailable(health.refusal(condition)) from error
        raise


def existing(video_ids: Iterable[int]) -> set[int]:
    """Return those of the videos that the library still has."""
    return set(Video.objects.filter(pk__in=list(video_ids)).order_by().values_list("pk", flat=True))


def require(video_id: int) -> None:
    """Raise Video.DoesNotExist where there is no such video. A foreign key is checked too late, at the commit."""
    if not Video.objects.filter(pk=video_id).exists():
        raise Video.DoesNotExist(f"no video has the id {video_id}")
