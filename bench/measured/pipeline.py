"""All that a worker does with one photograph, and no more than that."""

import sys

from gallery import imaging


def main(photo: str) -> None:
    """Read facts, check, make placeholder and ladder; print the sizes as JSON."""
    with open(photo, "rb") as file:  # noqa: PTH123 (pathlib would be measured too)
        processed = imaging.process(file.read())
    print([len(rendition.data) for rendition in processed.renditions])


if __name__ == "__main__":
    main(sys.argv[1])
