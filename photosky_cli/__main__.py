"""`python -m photosky_cli`: the command line without its installed name."""

import sys

from photosky_cli.main import main

if __name__ == "__main__":
    sys.exit(main())
