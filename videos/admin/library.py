"""What the worker is at, what went missing together, and which missing video a file may be."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from videos import tasks
from videos.library.disappearances import confirm_disappearance
from videos.library.relink import CannotRelink, found_again, relink
from videos.models import Activity, Disappearance, Video

# A person decides a few at a time.
MOST_FOUND_AGAIN = 100


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the worker writes: to be read, and acted on by buttons of their own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """The running scan and the running look; the button "Scan now"."""

    list_display = ["kind", "state", "phase", "progress", "rate", "time_left", "summary", "error", "updated_at"]
    list_display_links = None
    ordering = ["kind"]
    change_list_template = "admin/videos/activity/change_list.html"

    @admin.display(description="state")
    def state(self, activity: Activity) -> str:
        return activity.state

    @admin.display(description="done")
    def progress(self, activity: Activity) -> str:
        return f"{activity.done:,} of {activity.total:,}" if activity.total else f"{activity.done:,}"

    @admin.display(description="a second")
    def rate(self, activity: Activity) -> str:
        return f"{activity.rate:,.1f}" if activity.rate else "–"

    @admin.display(description="time left")
    def time_left(self, activity: Activity) -> str:
        return str(activity.time_left or "–")

    def get_urls(self) -> list[URLPattern]:
        scan = self.admin_site.admin_view(self.scan_now)
        return [path("scan/", scan, name="videos_activity_scan"), *super().get_urls()]

    @method_decorator(require_POST)
    def scan_now(self, request: HttpRequest) -> HttpResponse:
        """Ask the worker for a scan of the whole folder."""
        if not request.user.has_perm("videos.change_video"):
            raise PermissionDenied
        tasks.ask_for(tasks.scan_folder, full=False)
        messages.success(request, "The worker looks through the video folder.")
        return HttpResponseRedirect(reverse("admin:videos_activity_changelist"))


@admin.register(Disappearance)
class DisappearanceAdmin(ReadOnlyAdmin):
    """Folders whose files went missing together; the action that says they are gone for good."""

    list_display = ["place", "files", "noticed_at"]
    list_display_links = None
    actions = ["confirm"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(missing=Count("videos"))

    @admin.display(description="files")
    def files(self, disappearance: Any) -> int:
        return disappearance.missing

    @admin.action(description="They are gone: treat them as ordinary missing files")
    def confirm(self, request: HttpRequest, disappearances: QuerySet) -> None:
        if not request.user.has_perm("videos.change_video"):
            raise PermissionDenied
        files = sum(confirm_disappearance(one) for one in disappearances)
        messages.success(request, f"{files:,} files are ordinary missing ones now. Their stars and tags are kept.")


class FoundAgainPage:
    """The list of missing videos whose content is there under another name, and the click that makes them one."""

    template = "admin/videos/video/found_again.html"

    def __init__(self, site: admin.AdminSite) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        view = self.site.admin_view(self.page)
        return [path("found-again/", view, name="videos_video_found_again")]

    def page(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("videos.change_video"):
            raise PermissionDenied
        if request.method == "POST":
            self._relink(request)
            return HttpResponseRedirect(reverse("admin:videos_video_found_again"))
        context = {
            **self.site.each_context(request),
            "title": "Missing videos whose content is there",
            "opts": Video._meta,
            "found": found_again(MOST_FOUND_AGAIN),
            "most": MOST_FOUND_AGAIN,
        }
        return TemplateResponse(request, self.template, context)

    def _relink(self, request: HttpRequest) -> None:
        try:
            missing_id, present_id = (int(number) for number in request.POST.get("pair", "").split("-"))
            video = relink(missing_id, present_id, settings.GENERATED_DIR)
        except (CannotRelink, ValueError) as error:
            messages.error(request, str(error) if isinstance(error, CannotRelink) else "Choose one of the buttons.")
        else:
            messages.success(request, f"The stars, views, tags and favorites are those of {video.filename} again.")
