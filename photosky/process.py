"""The process that the gallery's programs need: the project's own Python, and libraries told to be modest."""

import importlib.util
import os
import sys
from pathlib import Path

# Read by libvips and glibc at process start, before any of our code runs: one thread a photo, for photos are worked
# on side by side, and one heap, which takes half the memory at the same speed.
LIBRARIES = {"VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1"}
ROOT = Path(__file__).resolve().parent.parent


def settle() -> None:
    """Start this program again where it runs under a Python without Django, or with libraries not yet told."""
    missing = {name: value for name, value in LIBRARIES.items() if name not in os.environ}
    python = sys.executable
    if importlib.util.find_spec("django") is None:
        python = str(ROOT / ".venv/bin/python")
        if not Path(python).exists() or python == sys.executable:
            sys.exit(
                "Django is not installed for this Python. Run `make setup` first; it makes .venv for the gallery."
            )
    if missing or python != sys.executable:
        os.environ.update(missing)
        os.execv(python, [python, *sys.orig_argv[1:]])
