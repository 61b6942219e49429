"""The videos that share tags with one, by weight, from the index: some ten milliseconds per million videos."""

import numpy as np

from videos.listing.columns import PRESENT
from videos.listing.index import library_index

# Of more tags, only the rarest count.
MAX_TAGS = 8
# For more tags than this, counting the videos of all tags at once is faster than of each.
_COUNTED_ONE_BY_ONE = 32


class SharedTags:
    """The weights of shared tags. The more videos have a tag, the less it weighs."""

    def __init__(self, video_id: int) -> None:
        with library_index.reading() as index:
            columns, tags = index.columns, index.tags
            self._ids, self._weights = columns.ids, np.zeros(len(columns))
            slot = columns.slot(video_id)
            if slot is None:
                return
            of_video = tags.tags[tags.videos == slot]
            if len(of_video) > _COUNTED_ONE_BY_ONE:
                of_video = of_video[np.argsort(np.bincount(tags.tags)[of_video], kind="stable")][:MAX_TAGS]
            carriers = sorted((tags.videos[tags.tags == tag] for tag in of_video), key=len)
            for slots in carriers[:MAX_TAGS]:
                self._weights[slots] += 1 / np.log2(2 + len(slots))
            self._weights[slot] = 0
            self._weights[columns.state != PRESENT] = 0

    def of(self, video_id: int) -> float:
        """Return the weight of the tags that a video shares; 0 for none."""
        place = int(np.searchsorted(self._ids, video_id))
        return float(self._weights[place]) if place < len(self._ids) and self._ids[place] == video_id else 0.0

    def top(self, limit: int) -> list[int]:
        """Return the ids of up to `limit` present videos with the largest weights, the newest of equal ones."""
        slots = np.flatnonzero(self._weights)
        if len(slots) > limit:
            weights = self._weights[slots]
            least = np.partition(weights, -limit)[-limit]
            above, equal = slots[weights > least], slots[weights == least]
            slots = np.concatenate([above, equal[len(equal) - (limit - len(above)) :]])
        return self._ids[slots].tolist()
