"""After every migrate: the household account, the triggers, the tag totals and the full-text index."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from videos.db import health
from videos.db.sqlite_file import mark_as_set_up
from videos.db.triggers import change_log, full_text, tag_counters
from videos.search.tokens import add_functions


class VideosConfig(AppConfig):
    name = "videos"
    verbose_name = "Local Video Server"

    def ready(self) -> None:
        connection_created.connect(add_functions, dispatch_uid="videos.search")
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(complete_database, sender=self)


def drop_triggers(using: str, plan: Any = (), **_: Any) -> None:
    """Drop the triggers before a migration: SQLite cannot rename a table that another table's trigger names."""
    if plan:
        for triggers in (full_text, tag_counters, change_log):
            triggers.drop_triggers(connections[using])


def complete_database(using: str, plan: Any = (), **_: Any) -> None:
    # Django imports this module before the models.
    from videos.accounts.household import household  # noqa: PLC0415

    connection = connections[using]
    if "videos_revision" not in connection.introspection.table_names():
        return  # all migrations are reversed
    household(using)
    if not health.is_current(connection):
        return  # reversed to an earlier release, which creates its own triggers
    for triggers in (change_log, tag_counters, full_text):
        triggers.install(connection)
    mark_as_set_up(connection)
