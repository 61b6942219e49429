from django.db import migrations, models

# Covers of HDR films were washed out, and lengths were what headers claim: each file is looked into once more. Its
# pictures are made anew only where they would be others (videos/analysis/pipeline.py).
LOOK_AGAIN = (
    "UPDATE videos_video SET look_due = CURRENT_TIMESTAMP"
    " WHERE look_due IS NULL AND (width IS NOT NULL OR problem <> '')"
)


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0011_fold_titles"),
    ]

    operations = [
        migrations.AddField(
            model_name="video",
            name="facts_version",
            field=models.PositiveSmallIntegerField(
                blank=True,
                editable=False,
                help_text="By which rules it was looked into; empty: by none, or old ones.",
                null=True,
            ),
        ),
        migrations.RunSQL(LOOK_AGAIN, migrations.RunSQL.noop),
    ]
