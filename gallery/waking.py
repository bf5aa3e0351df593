"""How a worker that idles learns that there is work. A message that is lost costs time only: workers look by themselves."""

import threading

_work = threading.Event()


def wake() -> None:
    """Tell the worker thread of this process, if there is one, that there is work."""
    _work.set()


def idle(seconds: float) -> None:
    """Wait until there is work, or for so long."""
    _work.wait(seconds)


def attend() -> None:
    """Forget that one was woken, before looking for work."""
    _work.clear()
