"""The names by which triggers know the tables, and the kinds of changes that they log, are those of the models."""

from videos.db.triggers import tables
from videos.models import Change, Favorite, Rating, Revision, Tag, TagTotal, Video, View


def test_the_triggers_name_the_tables_of_the_models() -> None:
    named = {name: value for name, value in vars(tables).items() if name.isupper()}
    assert named == {
        "VIDEO": Video._meta.db_table,
        "TAG": Tag._meta.db_table,
        "TAG_LINK": Video.tags.through._meta.db_table,
        "TAG_TOTAL": TagTotal._meta.db_table,
        "RATING": Rating._meta.db_table,
        "VIEW": View._meta.db_table,
        "FAVORITE": Favorite._meta.db_table,
        "CHANGE": Change._meta.db_table,
        "REVISION": Revision._meta.db_table,
    }


def test_the_change_log_stores_the_kinds_that_the_triggers_write() -> None:
    assert Change._meta.get_field("kind").choices == tables.ChangeKind.choices
