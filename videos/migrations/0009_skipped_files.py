from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0008_watched"),
    ]

    operations = [
        migrations.CreateModel(
            name="SkippedFiles",
            fields=[
                ("reason", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("files", models.PositiveBigIntegerField()),
                ("names", models.JSONField(default=list)),
            ],
            options={
                "verbose_name_plural": "skipped files",
                "ordering": ["-files", "reason"],
            },
        ),
    ]
