"""A missing video, and one whose file has the same content."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from videos.models import (
    Video,
)

CONTENT = "c0ffee" * 5 + "42"
EARLY, LATE = datetime(2021, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def missing(make_video: Callable[..., Video]) -> Video:
    return make_video(
        "old/film.mp4", title="film", fingerprint=CONTENT, missing_since=timezone.now(), added_date=EARLY,
        duration=60.0, cover_version=3, modified_ns=1, device=1, inode=1, facts_version=Video.FACTS_VERSION,
    )  # fmt: skip


@pytest.fixture
def there(make_video: Callable[..., Video]) -> Video:
    return make_video(
        "new/Sea.mkv", title="Sea", fingerprint=CONTENT, added_date=LATE, duration=60.0, cover_version=4, modified_ns=2,
        device=2, inode=2,
    )  # fmt: skip
