"""The names of the tables that triggers read and write: this package may not import the models.

tests/db/triggers/test_tables.py compares the names with those of the models.
"""

from django.db import models

VIDEO = "videos_video"
TAG = "videos_tag"
TAG_LINK = "videos_video_tags"
TAG_TOTAL = "videos_tagtotal"
RATING = "videos_rating"
VIEW = "videos_view"
FAVORITE = "videos_favorite"
CHANGE = "videos_change"
REVISION = "videos_revision"


class ChangeKind(models.IntegerChoices):
    """What changed about a video, as stored in the change log."""

    VIDEO = 0, "the video itself"
    RATING = 1, "stars"
    VIEW = 2, "views"
    FAVORITE = 3, "favorites"
    TAGS = 4, "its tags"
    NAMES = 5, "what a tag is called"
