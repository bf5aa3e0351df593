"""Libraries of any size made up of rows: many people, years of photos as people take them, albums, tags, bin and archive.

For trying out how a database, a setting or a change bears a million photos. Nothing else of the gallery uses it.
"""

from gallery.seeding.filling import NotEmpty, Seeded, Unsupported, seed

__all__ = ["NotEmpty", "Seeded", "Unsupported", "seed"]
