"""The search of the pages as a queryset, which the admin then filters, sorts and paginates."""

import json

import numpy as np
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.expressions import RawSQL

from videos.listing.filters import search_mask
from videos.listing.index import library_index
from videos.models import VideoQuerySet
from videos.search.query_parser import Question


def matching(videos: VideoQuerySet, question: Question, viewer: User) -> VideoQuerySet:
    """Return the videos, present or missing, that match the search."""
    if not question:
        return videos
    with library_index.reading() as index:
        chosen = search_mask(index, question, viewer)
        ids = index.columns.ids
    found, others = ids[chosen], ids[~chosen]
    # The shorter list is passed to the database.
    return videos.filter(pk__in=_listed(found)) if len(found) <= len(others) else videos.exclude(pk__in=_listed(others))


def _listed(ids: np.ndarray) -> RawSQL:
    """Return a subquery for these ids, with one parameter for any number of them."""
    listed = ids.tolist()
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(listed)])
    return RawSQL("SELECT unnest(%s::bigint[])", [listed])
