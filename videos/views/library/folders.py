"""The folders of the library, from the names of its videos. No folder on the disk is opened."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from videos.listing.folders import inside
from videos.listing.query import GalleryQuery
from videos.models import MAX_FILENAME_LENGTH, Video

PAGE_ROWS = 60
# Subfolders per page.
PAGE_FOLDERS = 120


@require_safe
def folders(request: HttpRequest, folder: str = "") -> HttpResponse:
    """Return the content of a folder; 404 if no video is in it."""
    if "\0" in folder or len(folder) > MAX_FILENAME_LENGTH:
        raise Http404("There is no such folder.")
    path = f"{folder}/" if folder else ""
    found = inside(path)
    if folder and not found:
        raise Http404("There is no such folder.")
    subfolders = Paginator(found.subfolders, PAGE_FOLDERS).get_page(request.GET.get("folders"))
    page = Paginator(found.videos, PAGE_ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "here": "folders",
        "name": folder.rpartition("/")[2],
        "crumbs": _crumbs(folder),
        "inside": found,
        "total": len(found.videos) + sum(videos for _name, videos, _cover in found.subfolders),
        "subfolders": _with_covers(path, subfolders.object_list),
        "folder_page": subfolders,
        "page": page,
        "page_url": f"?folders={subfolders.number}&",
        "videos": Video.objects.by_ids(page.object_list),
        "list_url": reverse("gallery") + GalleryQuery(folder=path, sort="title", order="asc").url(),
    }
    return render(request, "videos/folders.html", context)


def _crumbs(folder: str) -> list[tuple[str, str]]:
    """Return (name, address) of the folders above this one, from the top."""
    parts = folder.split("/")[:-1] if folder else []
    return [(part, reverse("folder", args=["/".join(parts[: place + 1])])) for place, part in enumerate(parts)]


def _with_covers(path: str, subfolders: Any) -> list[tuple[str, str, int, Video | None]]:
    """Return (name, address, number of videos, video for the cover) of each. One query."""
    covers = Video.objects.present().in_bulk([cover for *_, cover in subfolders])
    return [
        (name, reverse("folder", args=[path + name]), videos, covers.get(cover)) for name, videos, cover in subfolders
    ]
