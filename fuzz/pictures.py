"""`make fuzz`: libFuzzer, by way of atheris, drives our own reading of files towards lines that were not reached yet.

It ends with the input in a file where a codec crashes, a file takes more than five seconds or 600 MB, or our code raises
anything but a refusal. The limit of memory is the process's: the fuzzer's own bookkeeping is in it.
"""

import sys

import atheris

with atheris.instrument_imports(include=["gallery.imaging"]):
    from gallery.imaging import Refused, process


def one(data: bytes) -> None:
    """Take one input all the way."""
    try:
        for _ in process(data).renditions:
            pass
    except Refused:
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
