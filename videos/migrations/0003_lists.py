"""The key that titles sort by, and the log of changes that sets of videos are kept current by."""

import videos.models
from django.db import migrations, models
from videos.core.sort_keys import title_key

CHUNK_ROWS = 10_000


def fill_title_keys(apps, schema_editor):
    """Give every video its key: a million take seconds, as SQLite calls the function itself."""
    connection = schema_editor.connection
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.create_function("lvs_title_key", 2, title_key, deterministic=True)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE videos_video SET title_key = lvs_title_key(title, filename)")
        connection.connection.create_function("lvs_title_key", 2, None)
        return
    Video = apps.get_model("videos", "Video")
    rows = Video.objects.using(connection.alias).only("title", "filename").order_by("pk").iterator(CHUNK_ROWS)
    chunk = []
    for video in rows:
        # The models of a migration have no manager of ours, and the field makes the key itself.
        video.title_key = title_key(video.title, video.filename)
        chunk.append(video)
        if len(chunk) == CHUNK_ROWS:
            Video.objects.using(connection.alias).bulk_update(chunk, ["title_key"], batch_size=500)
            chunk = []
    Video.objects.using(connection.alias).bulk_update(chunk, ["title_key"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0002_library"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "the video itself"),
                            (1, "stars"),
                            (2, "views"),
                            (3, "favorites"),
                            (4, "its tags"),
                            (5, "what a tag is called"),
                        ]
                    ),
                ),
                ("video_id", models.BigIntegerField(help_text="0 for what a tag is called.")),
                (
                    "stamp",
                    models.BigIntegerField(
                        help_text="Drawn by lot: after a restore the same number is another change."
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="video",
            name="title_key",
            field=videos.models.TitleKeyField(db_default="", default="", editable=False, max_length=300),
        ),
        migrations.RunPython(fill_title_keys, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(fields=["title_key", "id"], name="video_by_title_key"),
        ),
    ]
