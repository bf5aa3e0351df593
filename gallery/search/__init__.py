"""Search: a small language of words and fields, and the images that it finds. docs/search.md describes it to people.

`find` and `run` are all that pages and API need; `index.refresh` is called, in the same transaction, by whatever changes what an
image is found by: its title, description, tags, place, camera or lens, its file's name, the albums it lies in.
"""

from gallery.search.language import FIELDS, MAX_QUERY, Query, QueryError, parse
from gallery.search.running import Found, find, run

__all__ = ["FIELDS", "MAX_QUERY", "Found", "Query", "QueryError", "find", "parse", "run"]
