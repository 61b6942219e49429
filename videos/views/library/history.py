"""The history: the videos that this viewer watched, day by day, the latest first."""

from datetime import date, datetime, timedelta
from itertools import groupby

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.listing.query import GalleryQuery
from videos.models import View

PAGE_ROWS = 60


@require_safe
def history(request: ViewerRequest) -> HttpResponse:
    """Return one page of the history, including missing videos."""
    watched = View.objects.watched_by(request.viewer)
    page = Paginator(watched, PAGE_ROWS).get_page(request.GET.get("page"))
    views = View.objects.with_videos([view_id for view_id, _video in page.object_list])
    today = timezone.localdate()
    context = {
        "here": "history",
        "page": page,
        "page_url": "?",
        "days": [
            (name_of_day(day, today), list(seen))
            for day, seen in groupby(views, key=lambda view: _day(view.last_viewed))
        ],
        "list_suffix": GalleryQuery(sort="viewed").suffix(),
    }
    return render(request, "videos/history.html", context)


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None


def name_of_day(day: date | None, today: date) -> str:
    """Return "Today", "Yesterday" or "Monday, 4 March", with the year if it is not this one."""
    if day is None:
        return gettext("Date unknown")
    if day == today:
        return gettext("Today")
    if day == today - timedelta(days=1):
        return gettext("Yesterday")
    if day.year == today.year:
        return date_format(day, pgettext("date format of a day of this year", "l, j F"))
    return date_format(day, pgettext("date format of a day", "l, j F Y"))
