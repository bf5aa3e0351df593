import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import gallery.models.keys


class Migration(migrations.Migration):
    """Clients hear of changes: a feed with what is gone, webhooks and the log of what they were sent, kept answers."""

    dependencies = [
        ("gallery", "0013_upload_sha1"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("image", "Image"), ("album", "Album"), ("share_link", "Share Link")],
                        max_length=12,
                    ),
                ),
                ("thing", models.UUIDField(editable=False)),
                ("gone_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "gone_at", "id"], name="tombstone_feed"),
                    models.Index(fields=["gone_at", "id"], name="tombstone_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("key_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("request_sha256", models.CharField(editable=False, max_length=64)),
                ("lease_token", models.UUIDField(editable=False)),
                ("lease_until", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(blank=True, editable=False, null=True)),
                ("answer", models.TextField(blank=True, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "indexes": [models.Index(fields=["created_at", "id"], name="idempotency_age")],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhooks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="What it is for.", max_length=100)),
                ("url", models.CharField(max_length=500)),
                ("events", models.CharField(help_text="With spaces between them.", max_length=400)),
                ("secret", models.CharField(editable=False, max_length=400)),
                ("cursor_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("cursor_id", models.UUIDField(editable=False)),
                ("failures", models.PositiveIntegerField(default=0, editable=False)),
                ("failing_since", models.DateTimeField(blank=True, editable=False, null=True)),
                ("rest_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("disabled_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "disabled_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "switched off"),
                            ("failing", "nothing could be delivered for three days"),
                            ("gone", "the receiver answered 410: it wants no more messages"),
                            ("secret", "its secret cannot be read any more: delete it and make a new one"),
                        ],
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("delivered_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "id"], name="webhook_by_owner"),
                    models.Index(fields=["disabled_at", "id"], name="webhook_active"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("url", ""), _negated=True), name="webhook_has_an_address"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="gallery.webhook",
                    ),
                ),
                ("event", models.CharField(max_length=24)),
                ("body", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("delivered", "delivered"), ("failed", "failed")],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Of the last answer (HTTP).", null=True
                    ),
                ),
                (
                    "error",
                    models.CharField(blank=True, help_text="Why the last attempt failed.", max_length=300),
                ),
                ("duration_ms", models.PositiveIntegerField(blank=True, null=True)),
                ("attempted_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "indexes": [
                    models.Index(fields=["webhook", "id"], name="webhook_delivery_log"),
                    models.Index(
                        fields=["webhook", "state", "not_before", "id"], name="webhook_delivery_due"
                    ),
                    models.Index(fields=["created_at", "id"], name="webhook_delivery_age"),
                ],
            },
        ),
        migrations.AddField(
            model_name="sharelink",
            name="updated_at",
            field=models.DateTimeField(
                auto_now=True, help_text="When its terms were last changed; views do not count.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="album",
            index=models.Index(fields=["owner", "updated_at", "id"], name="album_feed"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "updated_at", "id"], name="image_feed"),
        ),
        migrations.AddIndex(
            model_name="sharelink",
            index=models.Index(fields=["owner", "updated_at", "id"], name="share_link_feed"),
        ),
    ]
