"""Tags: which videos carry which, and what happens to a tag as a whole. Tags are the library's, not a viewer's."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext

from videos.core.errors import LibraryError
from videos.core.tag_names import tag_name_problem
from videos.db.transactions import insert_rows
from videos.db.triggers.full_text import deferred_indexing
from videos.models import BulkAction, Tag, Video
from videos.userdata import journal
from videos.userdata.journal import CannotUndo, Entry, Kind, UndoableChange
from videos.userdata.saving import Viewer, existing, saving

Link = Video.tags.through
# So many links of a tag are one part of the journal.
_LINKS_PER_PART = 2_000


class NameTaken(LibraryError):
    """Another tag has the name already."""

    def __init__(self, other: Tag) -> None:
        super().__init__(str(other))
        self.other = other


# --- one video -------------------------------------------------------------------------------------------------------


def checked_names(names: Iterable[str]) -> list[str]:
    """Return the names, or the one name, as a list. Raises ValueError for what cannot be a tag."""
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        problem = tag_name_problem(name)
        if problem:
            raise ValueError(problem)
    return wanted


def set_tags(video_id: int, names: Iterable[str]) -> list[str]:
    """Make these the video's tags and return their names as kept. Raises ValueError, Video.DoesNotExist."""
    wanted = checked_names(names)
    with saving(), deferred_indexing():
        video = Video.objects.get(pk=video_id)
        video.tags.set(Tag.objects.get_or_create_many(wanted))
        return list(video.tags.values_list("name", flat=True))


def add_tags(video_id: int, names: Iterable[str]) -> None:
    """Add these tags to those that the video has. Raises ValueError, Video.DoesNotExist."""
    wanted = checked_names(names)
    with saving(), deferred_indexing():
        Video.objects.get(pk=video_id).tags.add(*Tag.objects.get_or_create_many(wanted))


def remove_tags(video_id: int, names: Iterable[str]) -> None:
    """Take these tags, in any case, from the video. Raises ValueError, Video.DoesNotExist."""
    wanted = checked_names(names)
    with saving(), deferred_indexing():
        Video.objects.get(pk=video_id).tags.remove(*Tag.objects.with_names(wanted))


# --- many videos -----------------------------------------------------------------------------------------------------


def links(video_ids: Collection[int], tag_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return {(video id, tag id): id of the link} of those that there are."""
    rows = Link.objects.filter(tag__in=tag_ids, video__in=video_ids).values_list("video_id", "tag_id", "pk")
    return {(video, tag): link for video, tag, link in rows}


def link(pairs: Iterable[tuple[int, int]]) -> None:
    """Give tags to videos, all of which exist: (video id, tag id). Those that carry the tag already keep their link."""
    insert_rows(Link, ["video_id", "tag_id"], pairs, "(video_id, tag_id) DO NOTHING")


def create(names: Mapping[str, str]) -> dict[str, int]:
    """Make the tags {key: name} that are not there, and return {key: id} of all tags. The key is the folded name."""
    insert_rows(Tag, ["name", "folded_name"], ((name, key) for key, name in names.items()))
    return dict(Tag.objects.values_list("folded_name", "pk"))


def unlink(link_ids: Collection[int]) -> None:
    """Take tags from videos by the ids of their links: a tag that was given anew later has another link."""
    Link.objects.filter(pk__in=link_ids).delete()


def restore_links(rows: Iterable[tuple[int, int, int]]) -> None:
    """Make these (id of the link, video id, tag id) again, as they were before they were removed."""
    insert_rows(Link, ["id", "video_id", "tag_id"], rows)


def drop_unused(tag_ids: Collection[int]) -> None:
    """Remove those of these tags that no video carries."""
    Tag.objects.filter(pk__in=tag_ids).unused().delete()


# --- a whole tag -----------------------------------------------------------------------------------------------------


def rename(viewer: Viewer, tag: Tag, name: str) -> BulkAction:
    """Give the tag another name, and return the action that undoes it. Raises NameTaken."""
    old, tag.name = tag.name, name
    try:
        with saving():
            tag.save(update_fields=["name"])
            details = {"tags": [[tag.pk, tag.name]], "old_name": old}
            action = journal.begin(viewer, Kind.RENAME_TAG, details)
            action.video_count = Link.objects.filter(tag=tag).count()
            journal.save_progress(action, action.began_at)
    except IntegrityError:
        other = Tag.objects.select_related("total").with_names([name]).first()
        if other is None:
            raise
        raise NameTaken(other) from None
    return action


def merge(viewer: Viewer, sources: Sequence[Tag], target: Tag) -> BulkAction:
    """Give the videos of `sources` the target instead, remove `sources`, and return the action that undoes it."""
    with saving(), deferred_indexing():
        removed = [[tag.pk, tag.name] for tag in sources]
        details = {"tags": [*removed, [target.pk, target.name]], "removed": removed}
        action = journal.begin(viewer, Kind.MERGE_TAGS, details)
        for tag in sources:
            for carriers in _carriers(tag):
                known = links([video for video, _ in carriers], [target.pk])
                new = [(video, target.pk) for video, _ in carriers if (video, target.pk) not in known]
                link(new)
                added = links([video for video, _ in new], [target.pk])
                entries = [Entry((video, tag.pk), link_id, None) for video, link_id in carriers]
                entries += [Entry(mark, None, added[mark]) for mark in new]
                journal.record(action, entries, [video for video, _ in carriers])
            tag.delete()
        journal.save_progress(action, action.began_at)
    return action


def delete(viewer: Viewer, tag: Tag) -> BulkAction:
    """Delete the tag and take it from its videos, and return the action that undoes it."""
    with saving(), deferred_indexing():
        removed = [[tag.pk, tag.name]]
        action = journal.begin(viewer, Kind.DELETE_TAG, {"tags": removed, "removed": removed})
        for carriers in _carriers(tag):
            entries = [Entry((video, tag.pk), link_id, None) for video, link_id in carriers]
            journal.record(action, entries, [video for video, _ in carriers])
        tag.delete()
        journal.save_progress(action, action.began_at)
    return action


def _carriers(tag: Tag) -> Iterator[list[tuple[int, int]]]:
    """Yield (video id, id of the link) of the videos that carry the tag, in parts, in the order of the videos."""
    last = -1
    rows = Link.objects.filter(tag=tag).order_by("video_id").values_list("video_id", "pk")
    while part := list(rows.filter(video_id__gt=last)[:_LINKS_PER_PART]):
        yield part
        last = part[-1][0]


# --- undo ------------------------------------------------------------------------------------------------------------


class _LinksChanged(UndoableChange):
    """A mark is (video, tag), its value the id of the link: a tag that was given anew later is another link."""

    kinds = (Kind.ADD_TAGS, Kind.REMOVE_TAGS, Kind.MERGE_TAGS, Kind.DELETE_TAG)
    of_viewer = False

    def tag_ids(self) -> list[int]:
        """Return the tags that are still there; one that was merged or deleted since then has an action of its own."""
        ids = [tag_id for tag_id, _name in self.action.details["tags"]]
        return list(Tag.objects.filter(pk__in=ids).order_by().values_list("pk", flat=True))

    def videos(self, entries: Sequence[Entry]) -> set[int]:
        return {video for (video, _tag), _, _ in entries}

    def values(self, marks: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
        found = links({video for video, _ in marks}, {tag for _, tag in marks})
        return {mark: link_id for mark, link_id in found.items() if mark in set(marks)}

    def restore(self, entries: Sequence[Entry]) -> None:
        unlink([after for _, _, after in entries if after is not None])
        missing = [(before, *mark) for mark, before, _ in entries if before is not None]
        tags, there = set(self.tag_ids()), existing(video for _, video, _ in missing)
        restore_links(row for row in missing if row[1] in there and row[2] in tags)

    def end_revert(self) -> None:
        drop_new_tags(self.action)


class TagsAdded(_LinksChanged):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        tag_ids = self.tag_ids()
        known = links(video_ids, tag_ids)
        new = sorted({(video, tag) for video in existing(video_ids) for tag in tag_ids} - known.keys())
        if not new:
            return []
        link(new)
        made = links(video_ids, tag_ids)
        return [Entry(mark, None, made[mark]) for mark in new]


class TagsRemoved(_LinksChanged):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = links(video_ids, self.tag_ids())
        unlink(list(known.values()))
        return [Entry(mark, link_id, None) for mark, link_id in known.items()]


class TagsGone(_LinksChanged):
    """Tags that were merged into another, or deleted."""

    def begin_revert(self) -> None:
        """Make the tags again, with their ids. Raises CannotUndo where another tag has such a name by now."""
        removed = self.action.details["removed"]
        other = Tag.objects.with_names(name for _, name in removed).exclude(pk__in=[tag for tag, _ in removed]).first()
        if other is not None:
            raise CannotUndo(gettext("A tag “%(name)s” exists again. Rename it first.") % {"name": other.name})
        Tag.objects.bulk_create([Tag(pk=tag, name=name) for tag, name in removed], ignore_conflicts=True)


class TagRenamed(UndoableChange):
    """The tag is named in the action's details: no mark of a video changes."""

    kinds = (Kind.RENAME_TAG,)
    of_viewer = False

    def begin_revert(self) -> None:
        """Give the tag its old name. Raises CannotUndo where it has a third one by now, or another tag has the old."""
        ((tag_id, name),) = self.action.details["tags"]
        old = self.action.details["old_name"]
        tag = Tag.objects.filter(pk=tag_id, name=name).first()
        if tag is None:
            raise CannotUndo(gettext("The tag has changed since then. Nothing was changed."))
        other = Tag.objects.with_names([old]).exclude(pk=tag_id).first()
        if other is not None:
            raise CannotUndo(gettext("A tag “%(name)s” exists again. Rename it first.") % {"name": other.name})
        tag.name = old
        tag.save(update_fields=["name"])

    def values(self, marks: Collection[Any]) -> dict[Any, Any]:
        return {}

    def restore(self, entries: Sequence[Entry]) -> None:
        return None


def drop_new_tags(action: BulkAction) -> None:
    """Remove the tags that were made for the action and that no video carries.

    Those that a later action added too, or took away and may give back, are left to that one.
    """
    new_tags = set(action.details.get("new_tags", ()))
    for later in BulkAction.objects.later_with_tags(action) if new_tags else ():
        shared = new_tags & {tag_id for tag_id, _name in later.details["tags"]}
        if shared:
            later.details["new_tags"] = sorted(shared.union(later.details.get("new_tags", ())))
            later.save(update_fields=["details"])
            new_tags -= shared
    drop_unused(new_tags)
