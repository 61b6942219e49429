"""Whether the server can do its work, for whoever watches over it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videos import database
from videos.database import RETRY_AFTER_SECONDS
from videos.integrity import known_damage
from videos.revisions import read_revisions


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 "ok" after one read from the database; 503 without it, and where the daily check found damage."""
    if database.problem() is not None:
        return unhealthy()
    read_revisions()
    if known_damage() is not None:
        # The pages go on; but whoever watches over the server has to know before the backups are as damaged.
        return HttpResponse("database damaged\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def unhealthy() -> HttpResponse:
    # Not the reason: this page needs no login, and the reason names a path.
    return HttpResponse(
        "database unavailable\n",
        status=503,
        content_type="text/plain",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )
