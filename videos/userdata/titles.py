"""The title that a person gave a video."""

from videos.core.sort_keys import title_of
from videos.models import Video
from videos.userdata.saving import saving


def set_title(video_id: int, title: str) -> str:
    """Give the video a title, or with "" the one that its file's name makes, and return it.

    Raises Video.DoesNotExist.
    """
    with saving():
        if not title:
            title = title_of(Video.objects.values_list("filename", flat=True).get(pk=video_id))
        if not Video.objects.filter(pk=video_id).update(title=title):
            raise Video.DoesNotExist(f"no video has the id {video_id}")
    return title
