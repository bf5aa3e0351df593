"""Eight pages look as their pictures in the documentation do, on a desk and a phone, light and dark."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.long
@pytest.mark.usefixtures("browser")
def test_pages_look_as_in_the_documentation() -> None:
    command = [sys.executable, "docs/screenshots/take.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
