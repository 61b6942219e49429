from django.db import migrations, models

# What was written down in the other shape can be undone no more; it was for ten minutes anyway.
FORGET_ACTIONS = ["DELETE FROM videos_bulkchange", "DELETE FROM videos_bulkaction"]


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0006_names_in_the_admin"),
    ]

    operations = [
        migrations.RunSQL(FORGET_ACTIONS, FORGET_ACTIONS),
        migrations.RenameField("bulkchange", "before", "entries"),
        migrations.AlterField(
            model_name="bulkchange",
            name="entries",
            field=models.JSONField(help_text="[mark, value before, value after], as videos/userdata/bulk_changes.py says."),
        ),
        migrations.AddField(
            model_name="bulkchange",
            name="first_video",
            field=models.BigIntegerField(default=0, help_text="The lowest id of the videos in it."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="bulkchange",
            name="last_video",
            field=models.BigIntegerField(default=0, help_text="The highest."),
            preserve_default=False,
        ),
    ]
