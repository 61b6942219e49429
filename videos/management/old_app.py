"""Importing what the old application left in the data folder, before anything else opens the database."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from filelock import FileLock

from videos.accounts import household
from videos.core.errors import LibraryError
from videos.db import health
from videos.db.sqlite_file import is_lost, sqlite_path
from videos.importers.flask_import import import_old_app
from videos.importers.flask_sources import Sources, json_files_in, loose_databases, tag_sources
from videos.importers.set_aside import CannotSetAside, OldDatabaseDamaged, is_in_the_way, set_aside, set_aside_files
from videos.models import OldAppImport, Video

# Django's own commands that do not use the database.
_WITHOUT_DATABASE = frozenset(
    ["check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "graph_models", "help", "makemessages",
     "makemigrations", "runserver", "startapp", "startproject", "test", "testserver", "version"]
)  # fmt: skip


def bring_over(say: Callable[[str], object], *, go_on_if_damaged: bool = False) -> None:
    """Move the old application's database away if it is in the place of ours, and import what is not imported yet.

    `say` is called with a summary. If killed, the next call continues; of two processes one waits for the other. What
    cannot be imported now is reported, and tried again at the next start. Raises CannotSetAside, but with
    `go_on_if_damaged` not for a damaged database: a server can run without one.
    """
    live = sqlite_path()
    # Usually there is nothing to do: two reads of small tables.
    if not (live is not None and is_in_the_way(live)) and not _due(live):
        return
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        lock = FileLock(settings.DATA_DIR / ".old_app.lock", thread_local=False)
        lock.acquire()
    except OSError as error:
        if live is not None and is_in_the_way(live):
            raise CannotSetAside(_waits(error.strerror or str(error))) from error
        say(_waits(error.strerror or str(error)))
        return
    try:
        if live is not None and is_in_the_way(live):
            connection.close()
            try:
                set_aside(live)
            except OldDatabaseDamaged:
                if not go_on_if_damaged:
                    raise
            health.forget_health()
        if due := _due(live):
            _import(due, say)
    finally:
        lock.release()


def bring_over_before(arguments: Sequence[str]) -> None:
    """Call bring_over() before one of Django's own commands; ours call it themselves (base.LibraryCommand)."""
    command = arguments[1] if len(arguments) > 1 else "help"
    # Our migrate only adds a lock to Django's, so the import has to come before it, too.
    is_ours = get_commands().get(command) == "videos" and command != "migrate"
    if is_ours or command.startswith("-") or command in _WITHOUT_DATABASE or {"-h", "--help"} & set(arguments):
        return
    try:
        bring_over(lambda line: sys.stderr.write(f"{line}\n"))
    except (LibraryError, CommandError) as error:
        sys.exit(f"Error: {error}")


def _due(live: Path | None) -> dict[str, Path]:
    """Return {name: database} of what is still to be imported; {} if that cannot be found out now."""
    found = {f"backup_database/{path.name}": path for path in (set_aside_files(live) if live else [])}
    found |= {str(path.relative_to(settings.DATA_DIR)): path for path in loose_databases(settings.DATA_DIR, set())}
    if not found or health.problem():
        return {}
    if live is not None and not live.exists():
        # A lost database is to be restored from a backup: an old import would not bring back all that it held.
        return {} if is_lost() else found
    try:
        if OldAppImport._meta.db_table not in connection.introspection.table_names():
            return found
        done = OldAppImport.objects.sources_done()
    except DatabaseError:
        return {}
    return {name: path for name, path in found.items() if name not in done}


def _waits(reason: str) -> str:
    return (
        f"The old app's database could not be brought over ({reason}). Nothing was changed; the next start tries again."
    )


def _import(due: dict[str, Path], say: Callable[[str], object]) -> None:
    try:
        call_command("migrate", interactive=False, verbosity=0)
        _import_all(due, say)
    except LibraryError as error:
        say(str(error))
    except (CommandError, DatabaseError, OSError) as error:
        say(_waits(getattr(error, "strerror", None) or " ".join(str(error).split())))


def _import_all(due: dict[str, Path], say: Callable[[str], object]) -> None:
    sources = Sources(databases=sorted(due.values(), key=lambda path: path.stat().st_mtime_ns, reverse=True))
    if not Video.objects.exists():
        # In a library with videos, the JSON files are its own exports.
        sources.json_files = json_files_in(settings.DATA_DIR)
        sources.tag_files = tag_sources(settings.DATA_DIR)
    first = next(iter(due.values()))
    name = first.stem if first.stem.startswith("flask-") else "flask-data"
    outcome = import_old_app(sources, household.household(), name=name, done=due)
    for sentence in outcome.sentences:
        say(sentence)
