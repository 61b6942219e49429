from django.db import migrations, models


def forget_actions(apps, schema_editor):
    """What was written down in the other shape can be undone no more; it was for ten minutes anyway."""
    apps.get_model("videos", "BulkChange").objects.all().delete()
    apps.get_model("videos", "BulkAction").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0006_names_in_the_admin"),
    ]

    operations = [
        migrations.RunPython(forget_actions, forget_actions),
        migrations.RenameField("bulkchange", "before", "entries"),
        migrations.AlterField(
            model_name="bulkchange",
            name="entries",
            field=models.JSONField(
                help_text="[mark, value before, value after], as videos/bulk/changes.py says."
            ),
        ),
    ]
