"""Which videos share tags with one, weighed, from the arrays: some ten milliseconds for a million videos."""

import numpy as np

from videos.listing.columns import PRESENT
from videos.listing.index import the_catalog

# Of a video with more tags, those of it that are the rarest.
MOST_TAGS = 8
# Of more than so many it takes less time to count the carriers of all tags than to look each up.
_COUNTED_ONE_BY_ONE = 32


class SharedTags:
    """What the tags weigh that videos share with one. A tag that many videos carry says little."""

    def __init__(self, video_id: int) -> None:
        with the_catalog.reading() as catalog:
            facts, links = catalog.facts, catalog.links
            self._ids, self._weights = facts.ids, np.zeros(len(facts))
            slot = facts.slot(video_id)
            if slot is None:
                return
            of_video = links.tags[links.videos == slot]
            if len(of_video) > _COUNTED_ONE_BY_ONE:
                of_video = of_video[np.argsort(np.bincount(links.tags)[of_video], kind="stable")][:MOST_TAGS]
            carriers = sorted((links.videos[links.tags == tag] for tag in of_video), key=len)
            for slots in carriers[:MOST_TAGS]:
                self._weights[slots] += 1 / np.log2(2 + len(slots))
            self._weights[slot] = 0
            self._weights[facts.state != PRESENT] = 0

    def of(self, video_id: int) -> float:
        """Return the weight of what a video shares; 0 for nothing."""
        place = int(np.searchsorted(self._ids, video_id))
        return float(self._weights[place]) if place < len(self._ids) and self._ids[place] == video_id else 0.0

    def heaviest(self, most: int) -> list[int]:
        """Return the ids of the present videos that share the most; among equals of the newest."""
        slots = np.flatnonzero(self._weights)
        if len(slots) > most:
            weights = self._weights[slots]
            least = np.partition(weights, -most)[-most]
            above, equal = slots[weights > least], slots[weights == least]
            slots = np.concatenate([above, equal[len(equal) - (most - len(above)) :]])
        return self._ids[slots].tolist()
