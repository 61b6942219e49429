"""The health check for monitoring."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videos.db import health
from videos.db.conditions import Condition
from videos.db.health import RETRY_AFTER_SECONDS
from videos.db.triggers.change_log import read_revisions
from videos.maintenance.integrity import known_damage

# Only the kind of problem and no path, since this page needs no login.
_WORDS = {
    Condition.FULL: "the disk is full",
    Condition.READ_ONLY: "the disk is read-only",
    Condition.NO_PERMISSION: "there is no permission to write",
    Condition.IO_ERROR: "the disk reports an error",
}


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 after one read from the database: "ok", or "degraded: …" while only reads work.

    503 if the read fails, or if the daily check found damage.
    """
    if health.problem() is not None:
        return unhealthy(request)
    read_revisions()
    if known_damage() is not None:
        # The pages still work, but monitoring must notice before the backups are damaged, too.
        return HttpResponse("database damaged\n", status=503, content_type="text/plain")
    degraded = [_WORDS[trouble] for trouble in [health.trouble()] if trouble in _WORDS]
    return HttpResponse(f"degraded: {', '.join(degraded)}\n" if degraded else "ok\n", content_type="text/plain")


def unhealthy(_request: HttpRequest) -> HttpResponse:
    # Without the reason, which contains a path: this page needs no login.
    return HttpResponse(
        "database unavailable\n",
        status=503,
        content_type="text/plain",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )
