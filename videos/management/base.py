"""The base of the commands: known failures end with one line.

Every command imports this module, so it imports nothing that opens videos or draws progress bars
(tests/management/test_start.py).
"""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from videos.accounts import household
from videos.core.errors import LibraryError
from videos.db import health
from videos.db.health import DatabaseUnavailable
from videos.db.locks import wait_for_migration
from videos.management.old_app import bring_over
from videos.presentation.failure_messages import line_about, way_out, what_to_do


class LibraryCommand(BaseCommand):
    """A command that ends with one line and status 1 if the library cannot be used."""

    # Django's checks find mistakes of a developer, in models, URLs, templates and settings, and import every page for
    # it. No LVS_* variable changes what they find, and `make lint` runs all of them; `verify_backend` checks what can
    # go wrong here: the database, the disks, the migrations.
    requires_system_checks: list[str] = []
    needs_database = True
    # False in commands that import the old application at a later point themselves.
    brings_old_app_over = True
    # True in commands that run until they are stopped, and wait for a sound database.
    waits_for_a_sound_database = False

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            if self.brings_old_app_over:
                bring_over(self.stderr.write, go_on_if_damaged=self.waits_for_a_sound_database)
            if self.needs_database:
                self.require_database()
            return super().execute(*args, **options)
        except DatabaseUnavailable as error:
            raise CommandError(str(error)) from error
        except LibraryError as error:
            todo = what_to_do(error, getattr(error, "target", None))
            raise CommandError(f"{str(error).removesuffix('.')}. {todo}" if todo else str(error)) from error
        except DatabaseError as error:
            hint = "Run `manage.py migrate`, or `manage.py serve`, once." if "no such table" in str(error) else ""
            raise CommandError(line_about(error) or f"The database says: {error}. {hint}".strip()) from error
        except OSError as error:
            if line := line_about(error):
                raise CommandError(line) from error
            raise

    def require_database(self) -> None:
        """Raise CommandError, with what to do, if the database cannot be used."""
        # Another process may be creating the tables.
        wait_for_migration()
        problem = health.recheck()
        if problem:
            raise CommandError(f"{problem} {way_out()}".strip())

    def viewer(self, username: str) -> Any:
        try:
            return household.viewer_named(username)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account named {username}.") from error
