"""The models, split by reason to change, each beside its queryset.

Import everything from this package: Django looks for models here, and migrations refer to fields, validators and
expressions by it.
"""

from videos.models.dates import FIRST_YEAR, LAST_YEAR, is_showable, validate_date
from videos.models.limits import MAX_COUNT, MAX_FILENAME_LENGTH, MAX_PROBLEM_LENGTH
from videos.models.missing_batch import MissingBatch, MissingBatchQuerySet, place_of
from videos.models.operation import (
    BulkAction,
    BulkActionQuerySet,
    BulkChange,
    BulkChangeQuerySet,
    OldAppImport,
    OldAppImportQuerySet,
)
from videos.models.queries import any_of, below, counts_of
from videos.models.saved_list import MAX_LIST_NAME_LENGTH, MAX_LIST_QUERY_LENGTH, SmartList, SmartListQuerySet
from videos.models.sync import Change, Revision
from videos.models.tag import FoldedNameField, NameKey, Tag, TagNameField, TagQuerySet, TagTotal, validate_tag_name
from videos.models.userdata import (
    MAX_MARKER_LENGTH,
    MAX_STARS,
    MIN_STARS,
    Favorite,
    Marker,
    MarkerQuerySet,
    MarkQuerySet,
    MonthlyViews,
    MonthlyViewsQuerySet,
    Rating,
    View,
    ViewersMark,
    ViewQuerySet,
)
from videos.models.video import LOOKS_INCOMPLETE, NO_FACTS, STILL_BEING_WRITTEN, TitleKeyField, Video, keep_title_key
from videos.models.video_content import Details, Subtitle
from videos.models.video_queryset import VideoQuerySet
from videos.models.worker import SILENT, Activity, SkippedFiles

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "LOOKS_INCOMPLETE",
    "MAX_COUNT",
    "MAX_FILENAME_LENGTH",
    "MAX_LIST_NAME_LENGTH",
    "MAX_LIST_QUERY_LENGTH",
    "MAX_MARKER_LENGTH",
    "MAX_PROBLEM_LENGTH",
    "MAX_STARS",
    "MIN_STARS",
    "NO_FACTS",
    "SILENT",
    "STILL_BEING_WRITTEN",
    "Activity",
    "BulkAction",
    "BulkActionQuerySet",
    "BulkChange",
    "BulkChangeQuerySet",
    "Change",
    "Details",
    "Favorite",
    "FoldedNameField",
    "MarkQuerySet",
    "Marker",
    "MarkerQuerySet",
    "MissingBatch",
    "MissingBatchQuerySet",
    "MonthlyViews",
    "MonthlyViewsQuerySet",
    "NameKey",
    "OldAppImport",
    "OldAppImportQuerySet",
    "Rating",
    "Revision",
    "SkippedFiles",
    "SmartList",
    "SmartListQuerySet",
    "Subtitle",
    "Tag",
    "TagNameField",
    "TagQuerySet",
    "TagTotal",
    "TitleKeyField",
    "Video",
    "VideoQuerySet",
    "View",
    "ViewQuerySet",
    "ViewersMark",
    "any_of",
    "below",
    "counts_of",
    "is_showable",
    "keep_title_key",
    "place_of",
    "validate_date",
    "validate_tag_name",
]
