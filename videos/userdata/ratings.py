"""Stars: who gave how many to which video."""

from collections.abc import Collection, Mapping, Sequence

from videos.db.transactions import insert_rows
from videos.models import MAX_STARS, MIN_STARS, Rating
from videos.userdata.journal import Entry, Kind, UndoableChange
from videos.userdata.saving import Viewer, existing, require, saving


def check_stars(stars: object) -> None:
    """Raise ValueError for what is neither 1 to 5 nor None, which takes the stars away."""
    if stars is not None and (isinstance(stars, bool) or not isinstance(stars, int)):
        raise ValueError("stars are a whole number")
    if stars is not None and not MIN_STARS <= stars <= MAX_STARS:
        raise ValueError(f"stars are {MIN_STARS} to {MAX_STARS}")


def rate(viewer: Viewer, video_id: int, stars: int | None) -> None:
    """Give the video 1 to 5 stars, or take them away with None. Raises ValueError, Video.DoesNotExist."""
    check_stars(stars)
    with saving():
        require(video_id)
        set_stars(viewer.pk, {video_id: stars})


def stars_by_video(viewer_id: int, video_ids: Collection[int]) -> dict[int, int]:
    """Return {video id: stars} of those that this viewer rated."""
    ratings = Rating.objects.filter(viewer=viewer_id, video__in=video_ids)
    return dict(ratings.values_list("video_id", "stars"))


def set_stars(viewer_id: int, stars: Mapping[int, int | None]) -> None:
    """Give each of these videos, all of which exist, its stars; None takes them away."""
    taken = [video for video, number in stars.items() if number is None]
    if taken:
        Rating.objects.filter(viewer=viewer_id, video__in=taken).delete()
    insert_rows(
        Rating,
        ["viewer_id", "video_id", "stars"],
        ((viewer_id, video, number) for video, number in stars.items() if number is not None),
        "(viewer_id, video_id) DO UPDATE SET stars = excluded.stars",
    )


class StarsGiven(UndoableChange):
    """A mark is a video, its value the number of stars."""

    kinds = (Kind.STARS,)

    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known, stars = self.values(video_ids), self.action.details["stars"]
        changed = [video for video in sorted(existing(video_ids)) if known.get(video) != stars]
        set_stars(self.viewer_id, dict.fromkeys(changed, stars))
        return [Entry(video, known.get(video), stars) for video in changed]

    def values(self, marks: Collection[int]) -> dict[int, int]:
        return stars_by_video(self.viewer_id, marks)

    def restore(self, entries: Sequence[Entry]) -> None:
        there = existing(video for video, _, _ in entries)
        set_stars(self.viewer_id, {video: stars for video, stars, _ in entries if video in there})
