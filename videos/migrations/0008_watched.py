from django.db import migrations, models
from django.db.models import F, Q

# What counted as watched so far: viewed, and no position to resume at.
WAS_WATCHED = Q(view_count__gt=0) & (Q(position_seconds=None) | Q(position_seconds=0))


# The rule of videos/userdata/watch_progress.py as it was then: where a position is past the end, or before the start, of what
# counts as being watched.
FINISHED = Q(video__duration__gt=0, position_seconds__gte=F("video__duration") * 0.9)
NOT_STARTED = Q(position_seconds__lt=10) | Q(
    position_seconds__lt=60, video__duration__gt=0, video__duration__gte=F("position_seconds") * 20
)


def mark_watched(apps, schema_editor):
    views = apps.get_model("videos", "View").objects.using(schema_editor.connection.alias)
    views.filter(WAS_WATCHED).update(is_watched=True)
    views.filter(FINISHED).update(is_watched=True, position_seconds=None)
    views.filter(NOT_STARTED).update(position_seconds=None)


def complete_what_can_be_undone(apps, schema_editor):
    """Add the new mark to what actions noted, so that they can still be undone."""
    BulkChange = apps.get_model("videos", "BulkChange")
    changes = BulkChange.objects.using(schema_editor.connection.alias).filter(action__kind="watched")
    for change in changes.iterator():
        change.entries = [[mark, _with_mark(before), _with_mark(after)] for mark, before, after in change.entries]
        change.save(update_fields=["entries"])


def _with_mark(state):
    if state is None or len(state) > 2:
        return state
    view_count, position_seconds = state
    return [view_count, position_seconds, bool(view_count) and not position_seconds]


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0007_bulk_change_entries"),
    ]

    operations = [
        migrations.AddField(
            model_name="view",
            name="is_watched",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Played to the end once.", verbose_name="watched"
            ),
        ),
        migrations.AlterField(
            model_name="bulkaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("add_tags", "tags added"),
                    ("remove_tags", "tags removed"),
                    ("stars", "stars given"),
                    ("favorite", "made favorites"),
                    ("unfavorite", "taken from the favorites"),
                    ("watched", "marked as watched"),
                    ("unwatched", "marked as unwatched"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunPython(mark_watched, migrations.RunPython.noop),
        migrations.RunPython(complete_what_can_be_undone, migrations.RunPython.noop),
    ]
