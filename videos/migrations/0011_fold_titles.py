"""Titles and tags sort by the folding that the search has, equal titles by the names of their files."""

import videos.models
from django.db import migrations, models
from videos.core.sort_keys import title_key

ROWS_AT_ONCE = 20_000


def remake_title_keys(apps, schema_editor):
    """Make the key of each video anew, where it changes: a million take half a minute.

    The triggers are away during a migration, so no revision moves, and nothing is logged.
    """
    connection = schema_editor.connection
    Video = apps.get_model("videos", "Video")
    videos = Video.objects.using(connection.alias).order_by("pk")
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite:
        connection.ensure_connection()
        connection.connection.create_function("lvs_title_key", 2, title_key, deterministic=True)
    done = 0
    while ids := list(videos.filter(pk__gt=done).values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        if is_sqlite:
            _remake_in_place(connection, done, ids[-1])
        else:
            _remake(Video, videos.filter(pk__gt=done, pk__lte=ids[-1]))
        done = ids[-1]
    if is_sqlite:
        connection.connection.create_function("lvs_title_key", 2, None)


def _remake_in_place(connection, after, last):
    # LIMIT and OFFSET keep SQLite from asking for a key more than once a row.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE videos_video SET title_key = made.key FROM (SELECT id, lvs_title_key(title, filename) AS key"
            " FROM videos_video WHERE id > %s AND id <= %s LIMIT -1 OFFSET 0) AS made"
            " WHERE made.id = videos_video.id AND made.key <> title_key",
            [after, last],
        )


def _remake(Video, videos):
    changed = []
    for video in videos.only("title", "filename", "title_key"):
        key = title_key(video.title, video.filename)
        if video.title_key != key:
            video.title_key = key
            changed.append(video)
    Video.objects.using(videos.db).bulk_update(changed, ["title_key"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0010_unconfirmed_fingerprint"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="video", name="video_by_title_key"),
        migrations.RunPython(remake_title_keys, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(fields=["title_key", "filename"], name="video_by_title_key"),
        ),
        migrations.AlterModelOptions(
            name="tag",
            options={
                "ordering": [videos.models.NameKey("name"), "folded_name"],
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
            },
        ),
    ]
