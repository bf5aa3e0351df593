"""Journeys through the pages in a real browser, against a real S3 server."""
