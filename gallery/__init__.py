"""The product: photographs, their owners, albums and uploads."""
