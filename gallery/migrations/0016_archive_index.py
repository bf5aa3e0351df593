from django.db import migrations, models


class Migration(migrations.Migration):
    """Few photos are archived: an index names them, which before were looked for in the whole library."""

    dependencies = [("gallery", "0015_audit_by_name")]

    operations = [
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "archived_at", "taken_at", "id"], name="image_archive"),
        ),
    ]
