"""The search of the pages as a queryset, which the admin goes on to filter, sort and page."""

import json

import numpy as np
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.expressions import RawSQL

from videos.listing.filters import asked
from videos.listing.index import the_catalog
from videos.models.querysets import VideoQuerySet
from videos.search.query_parser import Question


def matching(videos: VideoQuerySet, question: Question, viewer: User) -> VideoQuerySet:
    """Return those of the videos, there or missing, that the question finds."""
    if not question:
        return videos
    with the_catalog.reading() as catalog:
        chosen = asked(catalog, question, viewer)
        ids = catalog.facts.ids
    found, others = ids[chosen], ids[~chosen]
    # Whichever are fewer are handed to the database.
    return videos.filter(pk__in=_listed(found)) if len(found) <= len(others) else videos.exclude(pk__in=_listed(others))


def _listed(ids: np.ndarray) -> RawSQL:
    """Return a subquery of these ids: one parameter, however many there are."""
    listed = ids.tolist()
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(listed)])
    return RawSQL("SELECT unnest(%s::bigint[])", [listed])
