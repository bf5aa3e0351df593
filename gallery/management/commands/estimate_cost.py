"""`manage.py estimate_cost`: what a month on AWS would cost, line by line, with every assumption. See docs/costs.md."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError

from photosky.costs import (
    FIGURES_FILE,
    NOTHING_FREE,
    Architecture,
    CostError,
    Database,
    Figure,
    FreeTier,
    Gateway,
    Item,
    Usage,
    estimate,
    read_figures,
    total,
)


class Command(BaseCommand):
    help = "Estimate what a month on AWS would cost, with every assumption. Nothing is asked of AWS."
    # It runs before there is a database or a bucket to check.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--photos", type=_count, default=20_000, help="photos in the library (%(default)s)"
        )
        parser.add_argument("--new", type=_count, default=400, help="new photos in the month (%(default)s)")
        parser.add_argument("--visits", type=_count, default=1_000, help="visits in the month (%(default)s)")
        parser.add_argument("--gateway", choices=get_args(Gateway), default="rest")
        parser.add_argument("--database", choices=get_args(Database), default="elsewhere")
        parser.add_argument("--architecture", choices=get_args(Architecture), default="arm64")
        parser.add_argument("--cdn", action="store_true", help="photos come by CloudFront instead of S3")
        parser.add_argument(
            "--no-free-tier", action="store_true", help="the account's free allowance is used up"
        )
        parser.add_argument(
            "--figures", type=Path, default=FIGURES_FILE, metavar="FILE", help="the model's figures"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        usage = Usage(
            photos=options["photos"],
            new_photos=options["new"],
            visits=options["visits"],
            gateway=options["gateway"],
            database=options["database"],
            architecture=options["architecture"],
            cdn=options["cdn"],
        )
        try:
            figures = read_figures(options["figures"])
        except CostError as error:
            raise CommandError(str(error)) from error
        free = NOTHING_FREE if options["no_free_tier"] else FreeTier()
        self._bill(estimate(usage, figures, free=free))
        self._figures(figures)

    def _bill(self, items: list[Item]) -> None:
        self.stdout.write("A month, in US dollars before tax (us-east-1, prices of November 2026):\n")
        for item in items:
            free = f"  ({item.free:,.0f} free)" if item.free else ""
            self.stdout.write(
                f"  {item.name:<32}{item.quantity:>14,.1f} {item.unit:<9}{item.usd:>9.2f}{free}"
            )
        self.stdout.write(f"  {'Total':<56}{total(items):>9.2f}\n")

    def _figures(self, figures: dict[str, Figure]) -> None:
        for title, measured in (("Measured", True), ("Assumed, not measured", False)):
            self.stdout.write(f"\n{title}:")
            for name, figure in figures.items():
                if figure.is_measured is measured:
                    basis = figure.basis.partition(": ")[2]
                    self.stdout.write(
                        f"  {name.replace('_', ' '):<30}{figure.value:>10,g} {figure.unit:<10} {basis}"
                    )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no count: write a whole number, such as 20000.")
    return int(text)
