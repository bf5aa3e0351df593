import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import gallery.models.keys


class Migration(migrations.Migration):
    """Who did what is written down."""

    dependencies = [
        ("gallery", "0011_lists_in_order"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("actor_name", models.CharField(blank=True, max_length=150)),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("page", "Page"),
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("command", "Command"),
                            ("worker", "Worker"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "via_name",
                    models.CharField(
                        blank=True, help_text="How the token begins, or the command or job.", max_length=40
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=45)),
                ("action", models.CharField(max_length=40)),
                ("subject_type", models.CharField(blank=True, max_length=20)),
                ("subject_id", models.UUIDField(blank=True, null=True)),
                ("details", models.JSONField(blank=True, default=dict)),
                ("batch", models.UUIDField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "indexes": [
                    models.Index(fields=["subject_id", "id"], name="audit_by_subject"),
                    models.Index(fields=["actor", "id"], name="audit_by_actor"),
                    models.Index(fields=["owner", "id"], name="audit_by_owner"),
                    models.Index(fields=["action", "id"], name="audit_by_action"),
                    models.Index(fields=["batch", "id"], name="audit_by_batch"),
                ],
            },
        ),
    ]
