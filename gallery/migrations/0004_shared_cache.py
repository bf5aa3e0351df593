from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of Django's database cache, which its command createcachetable would make, under a fixed name.

    It is made for every gallery, so that one which began on a laptop can become public. It is no model's.
    """

    dependencies = [
        ("gallery", "0003_upkeep"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.CreateModel(
                    name="CacheEntry",
                    fields=[
                        ("cache_key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                        ("value", models.TextField()),
                        ("expires", models.DateTimeField(db_index=True)),
                    ],
                    options={"db_table": "photosky_cache"},
                ),
            ]
        ),
    ]
