"""Modules moved: queued tasks and sessions name the functions and classes of an earlier version by their paths."""

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations

TASK_PATHS = {
    "videos.tasks.scan_changes": "videos.jobs.tasks.scan_changes",
    "videos.tasks.scan_folder": "videos.jobs.tasks.scan_folder",
    "videos.tasks.look_into_files": "videos.jobs.tasks.analyze_files",
    "videos.tasks.clean_up": "videos.jobs.tasks.clean_up",
}
BACKEND_PATHS = {"videos.passwords.PatientBackend": "videos.accounts.login_throttle.ThrottledBackend"}


def rename_tasks(apps, schema_editor, paths=TASK_PATHS):
    """Rename the tasks that wait, so that they run, and those that ended: the last scan decides when the next is due."""
    results = apps.get_model("django_tasks_database", "DBTaskResult").objects.using(schema_editor.connection.alias)
    for old, new in paths.items():
        results.filter(task_path=old).update(task_path=new)


def rename_backends(apps, schema_editor, paths=BACKEND_PATHS):
    """Rename the login backend in each session, whose user would be logged out otherwise. The expiry stays.

    A session that cannot be decoded, as its key is another one, belongs to nobody any more and is left alone.
    """
    sessions = apps.get_model("sessions", "Session").objects.using(schema_editor.connection.alias)
    store = SessionStore()
    for key, encoded in sessions.values_list("session_key", "session_data").iterator():
        values = store.decode(encoded)
        new_path = paths.get(values.get(BACKEND_SESSION_KEY))
        if new_path:
            sessions.filter(pk=key).update(session_data=store.encode({**values, BACKEND_SESSION_KEY: new_path}))


def restore_tasks(apps, schema_editor):
    rename_tasks(apps, schema_editor, {new: old for old, new in TASK_PATHS.items()})


def restore_backends(apps, schema_editor):
    rename_backends(apps, schema_editor, {new: old for old, new in BACKEND_PATHS.items()})


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0015_analysis_due_at"),
        ("django_tasks_database", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(rename_tasks, restore_tasks),
        migrations.RunPython(rename_backends, restore_backends),
    ]
