#!/usr/bin/env python
"""Django's command line, on the laptop's own gallery where no other is configured."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosky.settings")
    from photosky import process

    process.settle()
    from photosky import local

    with local.for_command(sys.argv):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
