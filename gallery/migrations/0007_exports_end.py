from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0006_search_index")]

    operations = [
        migrations.AlterField(
            model_name="removal",
            name="reason",
            field=models.CharField(
                choices=[
                    ("purged", "deleted for good by its owner"),
                    ("replaced", "a rendition by a former recipe"),
                    ("abandoned", "the upload was given up"),
                    ("copied", "posted by a form and copied to its place"),
                    ("duplicate", "a photo that was in the library already"),
                    ("rejected", "no photo that can be kept"),
                    ("wrong_bytes", "not the bytes that were announced"),
                    ("untracked", "found in the bucket, unknown to the library"),
                    ("export", "packed to be fetched, and its time is over"),
                ],
                max_length=12,
            ),
        ),
    ]
