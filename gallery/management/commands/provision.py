"""`manage.py provision`: make the AWS account what the gallery needs, or say how it differs. See docs/deploy.md."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from photosky.provision.account import Account, names_without_aws
from photosky.provision.acts import Stage
from photosky.provision.cloudformation import template
from photosky.provision.config import SETTINGS_FILE, ProvisionConfig, read_config
from photosky.provision.desired import desired_state
from photosky.provision.errors import ProvisionError
from photosky.provision.parts import Change, apply, plan
from photosky.provision.roles import policy_file_parts


class Command(BaseCommand):
    help = (
        "Make the AWS account what a stage of the gallery needs: bucket, queues, roles, logs, alarms, budget and, once "
        "the worker is deployed, what wakes it. What is right already is left alone."
    )
    # It runs before there is a database or a bucket to check.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--stage", default="production", help="the web stage in Zappa's settings (production)"
        )
        parser.add_argument(
            "--zappa-settings",
            type=Path,
            default=SETTINGS_FILE,
            metavar="FILE",
            help="Zappa's settings (%(default)s)",
        )
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--plan", action="store_true", help="only say what would be changed")
        act.add_argument(
            "--check", action="store_true", help="like --plan, and exit with 1 if anything differs"
        )
        act.add_argument("--destroy", action="store_true", help="remove everything but the photos")
        act.add_argument(
            "--print-cloudformation",
            action="store_true",
            help="print the same as a template; asks AWS nothing",
        )
        act.add_argument(
            "--write-policies",
            metavar="ACCOUNT",
            help="only write the policy files that Zappa reads; asks AWS nothing",
        )
        parser.add_argument(
            "--seed-cors", action="store_true", help="open the bucket's CORS to every page (tutorial)"
        )
        parser.add_argument(
            "--delete-photos",
            default="",
            metavar="BUCKET",
            help="with --destroy: delete the bucket of this very name, too",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["delete_photos"] and not options["destroy"]:
            raise CommandError("--delete-photos goes with --destroy only: nothing was changed.")
        try:
            config = read_config(
                options["stage"], settings_file=options["zappa_settings"], seed_cors=options["seed_cors"]
            )
            self._act(config, options)
        except ProvisionError as error:
            raise CommandError(str(error)) from error

    def _act(self, config: ProvisionConfig, options: dict[str, Any]) -> None:
        if options["print_cloudformation"]:
            self.stdout.write(json.dumps(template(config), indent=2))
        elif options["write_policies"]:
            self._write_policies(config, options["write_policies"])
        elif options["destroy"]:
            stage = Stage(config, Account(config.region, read_only=False))
            stage.destroy(self.stdout.write, photos=options["delete_photos"])
        else:
            looking = options["plan"] or options["check"]
            self._converge(Stage(config, Account(config.region, read_only=looking)), options)

    def _write_policies(self, config: ProvisionConfig, account: str) -> None:
        parts = policy_file_parts(desired_state(config, names_without_aws(account, config.region)))
        apply(plan(parts), self.stdout.write)

    def _converge(self, stage: Stage, options: dict[str, Any]) -> None:
        changes = stage.plan()
        self._show(changes, full=options["verbosity"] > 1)
        if options["check"] and changes:
            raise CommandError(
                f"{len(changes)} parts differ from what is wanted: run it without --check to correct them."
            )
        if not (options["plan"] or options["check"]):
            stage.apply(changes, self.stdout.write)
        for remaining in stage.remaining():
            self.stdout.write(self.style.WARNING(f"remains: {remaining}"))

    def _show(self, changes: list[Change], *, full: bool) -> None:
        if not changes:
            self.stdout.write("Everything is as wanted.")
        for change in changes:
            self.stdout.write("\n".join(change.lines(full=full)))
