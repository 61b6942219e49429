"""The folders of the library, as its videos' names have them. A folder's name is only compared, never opened."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from videos.cache import VideoCache
from videos.gallery_query import GalleryQuery
from videos.models import MAX_FILENAME_LENGTH, Video
from videos.title_keys import title_key

PAGE_ROWS = 60
# So many subfolders are shown on one page; there is a page for the others.
PAGE_FOLDERS = 120


@dataclass(frozen=True)
class Inside:
    """What a folder holds: (name, videos, first video's name) of each subfolder, and the ids of videos beside them."""

    subfolders: tuple[tuple[str, int, str], ...]
    videos: tuple[int, ...]
    missing: int

    @classmethod
    def read(cls, folder: str) -> "Inside":
        """Return it by three queries of ranges of the index of names."""
        counts, gone = Video.objects.by_part(folder), Video.objects.missing().by_part(folder)
        direct = counts.pop("", (0, ""))[0] - gone.get("", (0, ""))[0]
        subfolders = [(name, videos - gone.get(name, (0, ""))[0], first) for name, (videos, first) in counts.items()]
        present = sorted((each for each in subfolders if each[1]), key=lambda each: (title_key(each[0], ""), each[0]))
        videos = Video.objects.present().directly_in(folder).values_list("pk", flat=True) if direct else ()
        return cls(tuple(present), tuple(videos), sum(number for number, _first in gone.values()))


@require_safe
def folders(request: HttpRequest, folder: str = "") -> HttpResponse:
    """Return what is in a folder; 404 where no video's name says that there is one."""
    if "\0" in folder or len(folder) > MAX_FILENAME_LENGTH:
        raise Http404("There is no such folder.")
    path = f"{folder}/" if folder else ""
    viewer = request.viewer  # type: ignore[attr-defined]
    inside = VideoCache(viewer).get_kept(f"folder:{path}", lambda: Inside.read(path), kinds=())
    if folder and not (inside.subfolders or inside.videos or inside.missing):
        raise Http404("There is no such folder.")
    subfolders = Paginator(inside.subfolders, PAGE_FOLDERS).get_page(request.GET.get("folders"))
    page = Paginator(inside.videos, PAGE_ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "here": "folders",
        "name": folder.rpartition("/")[2],
        "crumbs": _crumbs(folder),
        "inside": inside,
        "total": len(inside.videos) + sum(videos for _name, videos, _first in inside.subfolders),
        "subfolders": _with_covers(path, subfolders.object_list),
        "folder_page": subfolders,
        "page": page,
        "page_url": f"?folders={subfolders.number}&",
        "videos": Video.objects.by_ids(page.object_list),
        "list_url": reverse("gallery") + GalleryQuery(folder=path, sort="title", order="asc").url(),
    }
    return render(request, "videos/folders.html", context)


def _crumbs(folder: str) -> list[tuple[str, str]]:
    """Return (name, address) of the folders above this one, the highest first."""
    parts = folder.split("/")[:-1] if folder else []
    return [(part, reverse("folder", args=["/".join(parts[: place + 1])])) for place, part in enumerate(parts)]


def _with_covers(path: str, subfolders: Any) -> list[tuple[str, str, int, Video | None]]:
    """Return (name, address, videos, the video that gives the cover) of each. One query."""
    first = {video.filename: video for video in Video.objects.present().named(first for *_, first in subfolders)}
    return [
        (name, reverse("folder", args=[path + name]), videos, first.get(first_name))
        for name, videos, first_name in subfolders
    ]
