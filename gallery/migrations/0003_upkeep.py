import django.utils.timezone
from django.db import migrations, models

import gallery.models.keys


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0002_api_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="Inspection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("repairing", models.BooleanField(default=False)),
                ("problems", models.PositiveIntegerField(default=0)),
                ("report", models.JSONField(default=dict)),
                ("cursor", models.UUIDField(blank=True, editable=False, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Library",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name_plural": "libraries",
            },
        ),
        migrations.AddField(
            model_name="upload",
            name="multipart_id",
            field=models.CharField(blank=True, editable=False, max_length=1024, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="part_bytes",
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="parts",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(editable=False, max_length=1024, unique=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("purged", "deleted for good by its owner"),
                            ("replaced", "a rendition by a former recipe"),
                            ("abandoned", "the upload was given up"),
                            ("copied", "posted by a form and copied to its place"),
                            ("duplicate", "a photo that was in the library already"),
                            ("rejected", "no photo that can be kept"),
                            ("wrong_bytes", "not the bytes that were announced"),
                            ("untracked", "found in the bucket, unknown to the library"),
                        ],
                        max_length=12,
                    ),
                ),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "indexes": [models.Index(fields=["not_before", "id"], name="removal_due")],
            },
        ),
    ]
