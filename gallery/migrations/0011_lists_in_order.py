from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists stay in the order of an index whichever a planner chooses, and months are counted from one alone."""

    dependencies = [("gallery", "0010_similar")]

    operations = [
        migrations.RemoveIndex(model_name="image", name="image_month"),
        migrations.RemoveIndex(model_name="image", name="image_bin"),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=["owner", "month", "binned_at", "held_at", "archived_at", "stacked_under"],
                name="image_month",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["owner", "binned_at", "taken_at", "id"], name="image_bin"),
        ),
    ]
