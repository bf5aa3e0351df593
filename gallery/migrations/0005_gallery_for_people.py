"""Columns and tables for archive, places, stacks, videos, jobs, search, share links and invitations."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import gallery.models.keys


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0004_shared_cache"),
    ]

    operations = [
        # Nothing ever made a share link before this: its table is made anew, which every engine can do.
        migrations.DeleteModel(name="ShareLink"),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("viewer", "Viewer"), ("contributor", "Contributor"), ("editor", "Editor")],
                        default="viewer",
                        max_length=12,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=24)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("payload", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("lease_token", models.UUIDField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "image",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="gallery.image",
                    ),
                ),
                ("text", models.TextField(blank=True)),
            ],
            options={
                "verbose_name_plural": "search entries",
            },
        ),
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True, help_text="Shown to guests; empty: the album's title.", max_length=200
                    ),
                ),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("prefix", models.CharField(editable=False, help_text="How the token begins.", max_length=8)),
                ("password", models.CharField(blank=True, editable=False, max_length=128)),
                ("allow_download", models.BooleanField(default=True)),
                ("allow_originals", models.BooleanField(default=False)),
                ("show_location", models.BooleanField(default=False)),
                ("show_camera", models.BooleanField(default=False)),
                ("allow_upload", models.BooleanField(default=False)),
                (
                    "upload_limit_bytes",
                    models.BigIntegerField(default=0, help_text="0: nothing may be uploaded."),
                ),
                ("upload_bytes", models.BigIntegerField(default=0, editable=False)),
                ("views", models.PositiveIntegerField(default=0, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="ShareLinkImage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SmartAlbum",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=gallery.models.keys.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("query", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name="album",
            name="sort",
            field=models.CharField(
                blank=True,
                choices=[("manual", "By hand"), ("oldest", "Oldest first"), ("newest", "Newest first")],
                help_text="Empty: by hand.",
                max_length=8,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="albumimage",
            name="added_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="cell",
            field=models.BigIntegerField(
                blank=True,
                editable=False,
                help_text="Where it was taken, as a Morton code for the map.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="country",
            field=models.CharField(blank=True, help_text="ISO 3166-1 alpha-2.", max_length=2, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="duration_s",
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="flash",
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="held_at",
            field=models.DateTimeField(
                blank=True, help_text="A guest brought it; it waits for the owner's review.", null=True
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[("photo", "Photo"), ("video", "Video"), ("animation", "Animation")],
                editable=False,
                max_length=10,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="phash",
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="place",
            field=models.CharField(blank=True, max_length=120, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="place_by_person",
            field=models.BooleanField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="rating",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="region",
            field=models.CharField(blank=True, max_length=120, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="rotation",
            field=models.PositiveSmallIntegerField(
                blank=True,
                editable=False,
                help_text="Degrees clockwise by which a person turned the picture.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="stack_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("raw", "RAW and JPEG"),
                    ("live", "live photo"),
                    ("burst", "burst"),
                    ("person", "put together by a person"),
                ],
                max_length=8,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="stacked_under",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="stack",
                to="gallery.image",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="guest_name",
            field=models.CharField(blank=True, max_length=60, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True, help_text="Empty: as the browser says.", max_length=10, null=True
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="taken_source",
            field=models.CharField(
                choices=[
                    ("exif", "the camera"),
                    ("gps", "the satellite clock"),
                    ("name", "the file's name"),
                    ("file", "the file's date"),
                    ("upload", "the time of upload"),
                    ("person", "a person"),
                ],
                default="upload",
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "cell"], name="image_cell"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "phash"], name="image_phash"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "country", "place"], name="image_place"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "is_favorite", "taken_at", "id"], name="image_favourites"),
        ),
        migrations.AddField(
            model_name="invitation",
            name="accepted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="album",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="gallery.album",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="invited_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="invitations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="jobs", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="searchentry",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sharelink",
            name="album",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="share_links",
                to="gallery.album",
            ),
        ),
        migrations.AddField(
            model_name="sharelink",
            name="image",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="share_links",
                to="gallery.image",
            ),
        ),
        migrations.AddField(
            model_name="sharelink",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="share_links",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="share_link",
            field=models.ForeignKey(
                blank=True,
                help_text="By which a guest brings it.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="gallery.sharelink",
            ),
        ),
        migrations.AddField(
            model_name="sharelinkimage",
            name="image",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="gallery.image"
            ),
        ),
        migrations.AddField(
            model_name="sharelinkimage",
            name="link",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="pick_rows", to="gallery.sharelink"
            ),
        ),
        migrations.AddField(
            model_name="sharelink",
            name="picks",
            field=models.ManyToManyField(
                related_name="+", through="gallery.ShareLinkImage", to="gallery.image"
            ),
        ),
        migrations.AddField(
            model_name="smartalbum",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="smart_albums",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["invited_by", "id"], name="invitation_by_inviter"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["state", "not_before", "id"], name="job_outbox"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["owner", "kind", "id"], name="job_by_owner"),
        ),
        migrations.AddConstraint(
            model_name="sharelinkimage",
            constraint=models.UniqueConstraint(fields=("link", "image"), name="share_link_image_once"),
        ),
        migrations.AddIndex(
            model_name="sharelink",
            index=models.Index(fields=["owner", "id"], name="share_link_by_owner"),
        ),
        migrations.AddConstraint(
            model_name="sharelink",
            constraint=models.CheckConstraint(
                condition=models.Q(("album", None), ("image", None), _connector="OR"),
                name="share_link_opens_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharelink",
            constraint=models.CheckConstraint(
                condition=models.Q(("allow_upload", False), ("album__isnull", False), _connector="OR"),
                name="share_link_uploads_to_an_album",
            ),
        ),
        migrations.AddIndex(
            model_name="smartalbum",
            index=models.Index(fields=["owner", "title", "id"], name="smart_album_order"),
        ),
        migrations.AddConstraint(
            model_name="smartalbum",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="smart_album_has_a_title"
            ),
        ),
    ]
