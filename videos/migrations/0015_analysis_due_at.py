"""`look_due` is `analysis_due_at`, and a Disappearance a MissingBatch, whose table and column keep their names."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q


def rename_permissions(apps, schema_editor):
    """Give the permissions their names by the new model: accounts and groups that have one keep it."""
    _rename_permissions(apps, schema_editor, "disappearance", "missingbatch")


def rename_permissions_back(apps, schema_editor):
    _rename_permissions(apps, schema_editor, "missingbatch", "disappearance")


def _rename_permissions(apps, schema_editor, old, new):
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    ours = permissions.filter(content_type__app_label="videos")
    for action in ("add", "change", "delete", "view"):
        if not ours.filter(codename=f"{action}_{new}").exists():
            ours.filter(codename=f"{action}_{old}").update(codename=f"{action}_{new}")


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("videos", "0014_undo_of_everything"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="video", name="video_look_due"),
        migrations.RenameField(model_name="video", old_name="look_due", new_name="analysis_due_at"),
        migrations.AlterField(
            model_name="video",
            name="analysis_due_at",
            field=models.DateTimeField(blank=True, help_text="Empty once the file is analyzed.", null=True),
        ),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                fields=["-analysis_due_at", "-id"],
                name="video_analysis_due",
                condition=Q(analysis_due_at__isnull=False, missing_since=None),
            ),
        ),
        # The table and the column are named first, so that the renames that follow leave them as they are. The rename
        # of the model is no state operation alone: Django renames its content type by it, which permissions hang on.
        migrations.AlterModelTable(name="disappearance", table="videos_disappearance"),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveIndex(model_name="video", name="video_disappeared")]
        ),
        migrations.AlterField(
            model_name="video",
            name="disappearance",
            field=models.ForeignKey(
                blank=True,
                db_column="disappearance_id",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="videos",
                to="videos.disappearance",
            ),
        ),
        migrations.RenameModel(old_name="Disappearance", new_name="MissingBatch"),
        migrations.RenameField(model_name="video", old_name="disappearance", new_name="missing_batch"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex(
                    model_name="video",
                    index=models.Index(
                        fields=["missing_batch"], name="video_disappeared", condition=Q(missing_batch__isnull=False)
                    ),
                )
            ]
        ),
        migrations.RunPython(rename_permissions, rename_permissions_back, elidable=True),
        # Only words change: no column is touched.
        migrations.AlterField(
            model_name="missingbatch",
            name="noticed_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="detected"),
        ),
        migrations.AlterField(
            model_name="video",
            name="facts_version",
            field=models.PositiveSmallIntegerField(
                blank=True,
                editable=False,
                help_text="Version of the rules that it was analyzed by; empty: none, or old ones.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="video",
            name="unconfirmed_fingerprint",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The fingerprint from before the file's date changed, until its content is compared.",
                max_length=64,
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="stamp",
            field=models.BigIntegerField(help_text="Random: after a restore the same number is another change."),
        ),
    ]
