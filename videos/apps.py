"""What every migrate leaves behind: the household account, the triggers, the totals of tags, the search's index."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from videos.search.words import add_functions


class VideosConfig(AppConfig):
    name = "videos"
    verbose_name = "Local Video Server"

    def ready(self) -> None:
        connection_created.connect(add_functions, dispatch_uid="videos.search")
        pre_migrate.connect(free_tables, sender=self)
        post_migrate.connect(complete_database, sender=self)


def free_tables(using: str, plan: Any = (), **_: Any) -> None:
    from videos import revisions, tag_totals  # noqa: PLC0415  models are not loaded when this module is
    from videos.search import index  # noqa: PLC0415

    if plan:
        index.drop_triggers(connections[using])
        tag_totals.drop_triggers(connections[using])
        revisions.drop_triggers(connections[using])


def complete_database(using: str, plan: Any = (), **_: Any) -> None:
    from videos import database, revisions, tag_totals, viewers  # noqa: PLC0415
    from videos.search import index  # noqa: PLC0415

    connection = connections[using]
    if "videos_revision" not in connection.introspection.table_names():
        return  # migrated back to nothing
    viewers.household(using)
    if not database.is_current(connection):
        return  # migrated back to an earlier release, whose own migrate makes its triggers
    revisions.install(connection)
    tag_totals.install(connection)
    index.install(connection)
    database.mark_as_set_up(connection)
