"""What every migrate leaves behind: the household account, the triggers, the totals of tags, the search's index."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from videos.search.tokens import add_functions


class VideosConfig(AppConfig):
    name = "videos"
    verbose_name = "Local Video Server"

    def ready(self) -> None:
        connection_created.connect(add_functions, dispatch_uid="videos.search")
        pre_migrate.connect(free_tables, sender=self)
        post_migrate.connect(complete_database, sender=self)


def free_tables(using: str, plan: Any = (), **_: Any) -> None:
    from videos.db.triggers import (  # noqa: PLC0415  models are not loaded when this module is
        change_log,
        full_text,
        tag_counters,
    )

    if plan:
        full_text.drop_triggers(connections[using])
        tag_counters.drop_triggers(connections[using])
        change_log.drop_triggers(connections[using])


def complete_database(using: str, plan: Any = (), **_: Any) -> None:
    from videos.accounts import household  # noqa: PLC0415
    from videos.db import health  # noqa: PLC0415
    from videos.db.triggers import (
        change_log,
        full_text,
        tag_counters,
    )

    connection = connections[using]
    if "videos_revision" not in connection.introspection.table_names():
        return  # migrated back to nothing
    household.household(using)
    if not health.is_current(connection):
        return  # migrated back to an earlier release, whose own migrate makes its triggers
    change_log.install(connection)
    tag_counters.install(connection)
    full_text.install(connection)
    health.mark_as_set_up(connection)
