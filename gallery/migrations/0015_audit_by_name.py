from django.db import migrations, models


class Migration(migrations.Migration):
    """What somebody did is found by their name, also when they have gone."""

    dependencies = [("gallery", "0014_changes_and_webhooks")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor_name", "id"], name="audit_by_name"),
        ),
    ]
