"""What the worker does, which folders went missing, and the candidates for missing videos."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_POST

from videos.accounts.permissions import CHANGE_LIBRARY
from videos.accounts.requests import viewer_of
from videos.core.errors import LibraryError
from videos.jobs import tasks
from videos.jobs.enqueue import enqueue_once
from videos.jobs.worker_status import effective_state, worker_state
from videos.library.mass_missing import confirm_missing
from videos.maintenance.relink import relink
from videos.maintenance.relink_candidates import found_again
from videos.models import Activity, MissingBatch, Video
from videos.presentation.formatting import ago, per_second, roughly, whole
from videos.presentation.formatting import files as counted_files
from videos.presentation.status_messages import translate_status
from videos.presentation.work_error_messages import translate_error
from videos.views.gallery.bulk import offer_undo, sentence
from videos.views.library.work_status import KINDS, question_about

_STATES = {
    "running": gettext_lazy("running"),
    "ended": gettext_lazy("ended"),
    "stopped": gettext_lazy("stopped"),
    "interrupted": gettext_lazy("interrupted"),
    "stuck": gettext_lazy("stuck"),
}
# Nobody decides about more at a time.
MAX_FOUND_AGAIN = 100


def small_cover(video: Video) -> str:
    """Return the video's cover as a link to its page, or a text link if it has no cover."""
    address = video.get_absolute_url()
    if video.cover_version is None:
        return format_html('<a href="{}">{}</a>', address, gettext("Watch"))
    picture = f"{reverse('cover', args=[video.pk])}?v={video.cover_version}"
    link = '<a href="{}" title="{watch}"><img class="small-cover" src="{}" alt="{watch}" loading="lazy"></a>'
    return format_html(link, address, picture, watch=gettext("Watch"))


def short_date(moment: datetime | None, said: str = "") -> str:
    """Return the day, or the text `said`, with the exact time as a tooltip."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment)
    exact = date_format(local, pgettext("date format of a moment, exact", "j F Y, H:i:s"))
    said = said or date_format(local, pgettext("date format of a day, short", "j M Y"))
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, said)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the worker writes. They can only be read, and acted on by their own buttons."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """The state of the scan and of the analysis, and the button "Scan now"."""

    list_display = ["work", "state", "result", "progress", "rate", "time_left", "heard"]
    list_display_links = None
    ordering = ["kind"]
    sortable_by = []
    change_list_template = "admin/videos/activity/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        shown = {"title": gettext("Worker activity"), "worker": worker_state(), **(extra_context or {})}
        return super().changelist_view(request, shown)

    @admin.display(description=gettext_lazy("task"))
    def work(self, activity: Activity) -> str:
        return str(KINDS.get(activity.kind, activity.kind))

    @admin.display(description=gettext_lazy("status"))
    def state(self, activity: Activity) -> str:
        return str(_STATES[effective_state(activity)])

    @admin.display(description=gettext_lazy("done"))
    def progress(self, activity: Activity) -> str:
        if activity.ended_at is not None:
            return "–"
        done = whole(activity.done)
        if activity.total:
            done = gettext("%(done)s of %(total)s") % {"done": done, "total": whole(activity.total)}
        return f"{translate_status(activity.phase)}: {done}" if activity.phase else done

    @admin.display(description=gettext_lazy("per second"))
    def rate(self, activity: Activity) -> str:
        return per_second(activity.rate) if activity.rate and activity.ended_at is None else "–"

    @admin.display(description=gettext_lazy("time left"))
    def time_left(self, activity: Activity) -> str:
        return roughly(activity.time_left) if activity.time_left and activity.state == "running" else "–"

    @admin.display(description=gettext_lazy("result"))
    def result(self, activity: Activity) -> str:
        if effective_state(activity) == "stuck":
            return format_html('<span class="is-trouble">{}</span>', question_about(activity))
        if activity.error:
            return format_html('<span class="is-trouble">{}</span>', translate_error(activity.error))
        return translate_status(activity.summary) or "–"

    @admin.display(description=gettext_lazy("last update"))
    def heard(self, activity: Activity) -> str:
        return short_date(activity.updated_at, ago(activity.updated_at))

    def get_urls(self) -> list[URLPattern]:
        scan = self.admin_site.admin_view(self.scan_now)
        return [path("scan/", scan, name="videos_activity_scan"), *super().get_urls()]

    @method_decorator(require_POST)
    def scan_now(self, request: HttpRequest) -> HttpResponse:
        """Enqueue a scan of the whole folder."""
        if not request.user.has_perm(CHANGE_LIBRARY):
            raise PermissionDenied
        enqueue_once(tasks.scan_folder, full=False)
        messages.success(request, gettext("The worker is scanning the video folder."))
        return HttpResponseRedirect(reverse("admin:videos_activity_changelist"))


@admin.register(MissingBatch)
class MissingBatchAdmin(ReadOnlyAdmin):
    """Folders whose files went missing together, and the action that confirms they are gone."""

    list_display = ["where", "files", "noticed"]
    list_display_links = None
    sortable_by = []
    actions = ["confirm"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(missing=Count("videos"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(
            request, {"title": gettext("Missing folders and disks"), **(extra_context or {})}
        )

    @admin.display(description=gettext_lazy("folder"))
    def where(self, missing_batch: MissingBatch) -> str:
        return missing_batch.place

    @admin.display(description=gettext_lazy("files"))
    def files(self, missing_batch: Any) -> int:
        return missing_batch.missing

    @admin.display(description=gettext_lazy("detected"))
    def noticed(self, missing_batch: MissingBatch) -> str:
        return short_date(missing_batch.noticed_at, ago(missing_batch.noticed_at))

    @admin.action(description=gettext_lazy("Treat as deleted files"))
    def confirm(self, request: HttpRequest, missing_batches: QuerySet) -> None:
        if not request.user.has_perm(CHANGE_LIBRARY):
            raise PermissionDenied
        files = sum(confirm_missing(one) for one in missing_batches)
        said = ngettext(
            "%(files)s is now treated as deleted. Its stars and tags are kept.",
            "%(files)s are now treated as deleted. Their stars and tags are kept.",
            files,
        )
        messages.success(request, said % {"files": counted_files(files)})


class FoundAgainPage:
    """The missing videos that have candidates, with buttons that relink them."""

    template = "admin/videos/video/relink.html"

    def __init__(self, site: admin.AdminSite) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        view = self.site.admin_view(self.page)
        return [path("found-again/", view, name="videos_video_found_again")]

    def page(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(CHANGE_LIBRARY):
            raise PermissionDenied
        if request.method == "POST":
            response = HttpResponseRedirect(reverse("admin:videos_video_found_again"))
            if self._relink(request):
                offer_undo(response)
            return response
        context = {
            **self.site.each_context(request),
            "title": gettext("Relink missing videos"),
            "opts": Video._meta,
            "found": found_again(MAX_FOUND_AGAIN),
            "most": MAX_FOUND_AGAIN,
        }
        return TemplateResponse(request, self.template, context)

    def _relink(self, request: HttpRequest) -> bool:
        """Relink the pair of the button, and return whether that was possible. The next page says what happened."""
        try:
            missing_id, present_id = (int(number) for number in request.POST.get("pair", "").split("-"))
            said = sentence(relink(viewer_of(request), missing_id, present_id, settings.GENERATED_DIR))
        except (LibraryError, ValueError) as error:
            messages.error(
                request, str(error) if isinstance(error, LibraryError) else gettext("Choose one of the buttons.")
            )
            return False
        messages.success(request, said)
        return True
