"""Tasks and sessions that name modules of an earlier version still work after an upgrade."""

import pkgutil
from importlib import import_module
from types import ModuleType, SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult, get_date_max

from tests.conftest import Shell
from videos import migrations
from videos.accounts.login_throttle import ThrottledBackend
from videos.jobs import tasks

OLD_BACKEND = "videos.passwords.PatientBackend"
OLD_TASKS = {
    "videos.tasks.scan_changes": tasks.scan_changes,
    "videos.tasks.scan_folder": tasks.scan_folder,
    "videos.tasks.look_into_files": tasks.analyze_files,
    "videos.tasks.clean_up": tasks.clean_up,
}
QUEUE_OLD_SCAN = """
from django_tasks_db.models import DBTaskResult, get_date_max
DBTaskResult.objects.create(
    task_path="videos.tasks.scan_folder", args_kwargs={"args": [], "kwargs": {"full": False}},
    backend_name="default", run_after=get_date_max(), exception_class_path="", traceback="",
)
"""


@pytest.fixture
def migration() -> ModuleType:
    """The migration, whatever its number is."""
    names = [module.name for module in pkgutil.iter_modules(migrations.__path__)]
    return import_module(f"videos.migrations.{next(name for name in names if name.endswith('_moved_modules'))}")


@pytest.fixture
def schema_editor() -> SimpleNamespace:
    return SimpleNamespace(connection=connection)


@pytest.fixture
def account(db: None) -> User:
    return User.objects.create_user("ada", password="a long password")


def old_task(path: str, status: str = "READY") -> DBTaskResult:
    return DBTaskResult.objects.create(
        task_path=path, status=status, args_kwargs={"args": [], "kwargs": {}}, backend_name="default",
        run_after=get_date_max(), exception_class_path="", traceback="",
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "task"), OLD_TASKS.items())
@pytest.mark.parametrize("status", ["READY", "RUNNING", "SUCCESSFUL"])
def test_a_task_of_the_earlier_version_is_found_again(
    path: str, task: Task, status: str, migration: ModuleType, schema_editor: SimpleNamespace
) -> None:
    row = old_task(path, status)
    migration.rename_tasks(apps, schema_editor)
    row.refresh_from_db()
    assert row.task_path == task.module_path
    assert row.task.func is task.func


@pytest.mark.django_db
def test_the_tasks_of_another_program_stay_as_they_are(migration: ModuleType, schema_editor: SimpleNamespace) -> None:
    row = old_task("videos.tasks.scan_folder.of_another")
    migration.rename_tasks(apps, schema_editor)
    row.refresh_from_db()
    assert row.task_path == "videos.tasks.scan_folder.of_another"


def test_who_is_logged_in_stays_logged_in_until_the_session_would_have_ended(
    account: User, client, settings, migration: ModuleType, schema_editor: SimpleNamespace
) -> None:
    settings.REQUIRE_LOGIN = True
    client.force_login(account, backend=OLD_BACKEND)
    session = client.session
    session["note"] = "kept"
    session.save()
    row = Session.objects.get(pk=session.session_key)
    assert client.get("/").status_code == 302
    migration.rename_backends(apps, schema_editor)
    assert client.get("/").status_code == 200
    assert client.session["note"] == "kept"
    assert client.session["_auth_user_backend"] == f"{ThrottledBackend.__module__}.{ThrottledBackend.__qualname__}"
    assert Session.objects.get(pk=row.pk).expire_date == row.expire_date


def test_a_session_that_cannot_be_decoded_and_one_without_a_login_stay_as_they_are(
    account: User, migration: ModuleType, schema_editor: SimpleNamespace
) -> None:
    anonymous = SessionStore()
    anonymous["seen"] = True
    anonymous.save()
    expiry = Session.objects.get().expire_date
    Session.objects.create(session_key="damaged", session_data="not:signed:by:us", expire_date=expiry)
    before = list(Session.objects.order_by("pk").values_list())
    migration.rename_backends(apps, schema_editor)
    assert list(Session.objects.order_by("pk").values_list()) == before


def test_going_back_to_the_earlier_version_restores_both(
    account: User, client, migration: ModuleType, schema_editor: SimpleNamespace
) -> None:
    client.force_login(account, backend=OLD_BACKEND)
    row = old_task("videos.tasks.look_into_files")
    for rename in (migration.rename_tasks, migration.rename_backends, migration.restore_tasks):
        rename(apps, schema_editor)
    migration.restore_backends(apps, schema_editor)
    row.refresh_from_db()
    assert row.task_path == "videos.tasks.look_into_files"
    assert client.session["_auth_user_backend"] == OLD_BACKEND


@pytest.mark.slow
def test_a_scan_that_the_earlier_version_queued_runs_after_the_upgrade(shell: Shell) -> None:
    shell.run("migrate", "videos", "0013", "--verbosity", "0")
    shell.python(QUEUE_OLD_SCAN)
    (shell.videos / "film.mp4").write_bytes(b"x" * 2000)
    shell.run("migrate", "--verbosity", "0")
    shell.run("db_worker", "--batch", "--max-tasks", "1", "--queue-name", "default")
    asked = "from videos.models import Video; print(list(Video.objects.values_list('filename', flat=True)))"
    assert "['film.mp4']" in shell.python(asked)
