"""Write the tests' small files of every format to a folder, for the fuzzer to begin with."""

import sys
from pathlib import Path

from tests.imaging.test_fuzz import samples


def main(folder: Path) -> None:
    """Write each sample under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in samples().items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
