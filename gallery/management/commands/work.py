"""`manage.py work`: the worker as a process of its own."""

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from gallery import tasks, waking


class Command(BaseCommand):
    help = (
        "Turn uploads into photos, and do the periodic work (the bin, removals, uploads that nobody finished), until "
        "stopped. Several may run at once. With --once: do what there is to do, then end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what waits, and the periodic work, once")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            done = tasks.tick()
            # The tick ends after a while for the sake of its chores.
            while tasks.work_once():
                done += 1
            self.stdout.write(f"{done} uploads processed")
            return
        stop = threading.Event()

        def end(number: int, _frame: object) -> None:
            # The photo at hand is finished first; a second signal ends at once.
            signal.signal(number, signal.SIG_DFL)
            stop.set()
            waking.wake()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        logging.getLogger("gallery").info("worker started")
        tasks.work(stop)
