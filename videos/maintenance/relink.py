"""Making a missing video and the video of the file that replaces it one, when a person says so."""

from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext

from videos.analysis.artwork_store import remove_pictures
from videos.core.sort_keys import title_of
from videos.db.transactions import write_transaction
from videos.maintenance.duplicates import content_of
from videos.models import MAX_COUNT, Details, Favorite, Marker, Rating, Subtitle, Video, View

_FACTS = (
    "duration", "width", "height", "frame_rate", "rotation", "bit_rate", "container", "video_codec", "audio_codec",
    "fingerprint", "problem",
)  # fmt: skip


class CannotRelink(Exception):
    """The two are not, or no longer, a missing video and one whose file is present. Nothing was changed."""


def relink(missing_id: int, present_id: int, generated: Path) -> Video:
    """Make the two videos one, and return it, with the id and the history of the missing one.

    View counts are added, tags and favorites united. Of two ratings the one of the present video wins, as it is newer.
    Whether the files show the same is not checked: the person who asks says so. Raises CannotRelink.
    """
    with write_transaction():
        missing = Video.objects.missing().select_for_update().filter(pk=missing_id).first()
        present = Video.objects.present().select_for_update().filter(pk=present_id).first()
        if missing is None or present is None:
            raise CannotRelink(gettext("One of the two is no longer what the page showed. Nothing was changed."))
        _unite_marks(missing, present)
        _take_over(missing, present)
    remove_pictures(generated, [present_id])
    return missing


def _unite_marks(missing: Video, present: Video) -> None:
    missing.tags.add(*present.tags.all())
    for rating in Rating.objects.filter(video=present):
        Rating.objects.update_or_create(viewer_id=rating.viewer_id, video=missing, defaults={"stars": rating.stars})
    for favorite in Favorite.objects.filter(video=present):
        Favorite.objects.get_or_create(
            viewer_id=favorite.viewer_id, video=missing, defaults={"added_date": favorite.added_date}
        )
    for view in View.objects.filter(video=present):
        _add_views(missing, view)
    known = set(Marker.objects.filter(video=missing).values_list("viewer_id", "seconds", "name"))
    for marker in Marker.objects.filter(video=present):
        if (marker.viewer_id, marker.seconds, marker.name) not in known:
            Marker.objects.filter(pk=marker.pk).update(video=missing)


def _add_views(missing: Video, view: View) -> None:
    before = View.objects.filter(viewer_id=view.viewer_id, video=missing).first()
    if before is None:
        View.objects.filter(pk=view.pk).update(video=missing)
        return
    latest = max((view, before), key=lambda one: (one.last_viewed is not None, one.last_viewed))
    before.view_count = min(before.view_count + view.view_count, MAX_COUNT)
    before.is_watched = before.is_watched or view.is_watched
    before.last_viewed, before.position_seconds = latest.last_viewed, latest.position_seconds
    before.save()


def _take_over(missing: Video, present: Video) -> None:
    """Give the missing video the file of the other, and delete that one."""
    Subtitle.objects.filter(video=missing).delete()
    Subtitle.objects.filter(video=present).update(video=missing)
    is_same = content_of(missing) == content_of(present)
    if not is_same:
        _take_facts(missing, present)
    elif not Details.objects.filter(video=missing).exists():
        Details.objects.filter(video=present).update(video=missing)
    has_own_title = missing.title != title_of(missing.filename)
    for column in ("filename", "file_size", "modified_ns", "device", "inode"):
        setattr(missing, column, getattr(present, column))
    if not has_own_title:
        missing.title = present.title
    missing.missing_since = missing.disappearance = None
    is_current = missing.cover_version is not None and missing.facts_version == Video.FACTS_VERSION
    is_complete = is_same and is_current and not present.look_due
    missing.look_due = None if is_complete else timezone.now()
    present.delete()
    missing.save()


def _take_facts(missing: Video, present: Video) -> None:
    """Take over the metadata of another content. The old thumbnails stay until new ones are made."""
    for column in _FACTS:
        setattr(missing, column, getattr(present, column))
    # The thumbnails were made from another file, so they are made again.
    missing.facts_version, missing.unconfirmed_fingerprint = Video.PICTURES_TO_BE_REMADE, ""
    old = Details.objects.filter(video=missing).first()
    new = Details.objects.filter(video=present).first()
    if old and new:
        old.audio, old.subtitles, old.chapters = new.audio, new.subtitles, new.chapters
        old.save(update_fields=["audio", "subtitles", "chapters"])
    elif new:
        Details.objects.filter(pk=new.pk).update(video=missing, sprite=None)
