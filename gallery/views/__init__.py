"""The pages: each view asks `access` first, then calls the same functions as the API."""
