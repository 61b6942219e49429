"""migrate: Django's own, by only one process at a time."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError

from videos.db.locks import migration_lock
from videos.presentation.failure_messages import line_about


class Command(migrate.Command):
    """A second process waits for the first, and then has nothing left to do."""

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            with migration_lock():
                return super().execute(*args, **options)
        except (DatabaseError, OSError) as error:
            if line := line_about(error):
                raise CommandError(f"The tables were not made or changed. {line}") from error
            raise
