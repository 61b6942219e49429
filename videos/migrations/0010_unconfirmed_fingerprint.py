from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("videos", "0009_skipped_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="video",
            name="unconfirmed_fingerprint",
            field=models.CharField(blank=True, db_default="", default="", help_text="What the facts were made from, until it is known whether a file of another date holds it.", max_length=64),
        ),
    ]
