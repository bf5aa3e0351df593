"""`python -m photosky.deployment`: what the verbs of deploy.mk call."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from photosky.deployment import package
from photosky.deployment.errors import DeploymentError
from photosky.deployment.sequence import FirstUser, Sequence, say, settings_path
from photosky.deployment.stages import (
    ARCHITECTURES,
    SETTINGS_FILE,
    Deployment,
    read_deployment,
    write_example,
)
from photosky.provision.errors import ProvisionError


def main() -> int:
    """Run one act; what stops it is said without a traceback, with exit code 1."""
    options = _parser().parse_args()
    try:
        settings = settings_path(options.zappa_settings)
        if options.example and options.act == "package":
            settings = write_example(settings, package.BUILD / "example")
        ACTS[options.act](read_deployment(options.stage, settings), options)
    except (DeploymentError, ProvisionError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m photosky.deployment", description=__doc__)
    parser.add_argument("act", choices=sorted(ACTS))
    parser.add_argument(
        "--stage", default="production", help="the web stage in Zappa's settings (production)"
    )
    parser.add_argument("--zappa-settings", default=str(SETTINGS_FILE), metavar="FILE")
    parser.add_argument(
        "--architecture", choices=(*ARCHITECTURES, "host"), help="package: instead of the stage's own"
    )
    parser.add_argument(
        "--example", action="store_true", help="package: settings that are not filled in will do"
    )
    parser.add_argument("--output", type=Path, metavar="ZIP", help="package: where to put it")
    parser.add_argument(
        "--package", type=Path, metavar="ZIP", help="deploy, update: what `package` has built"
    )
    parser.add_argument("--unclean", action="store_true", help="deploy changes that are not committed, too")
    parser.add_argument(
        "--invoked", action="store_true", help="smoke test by invoking the function, not over the network"
    )
    parser.add_argument("--yes", action="store_true", help="destroy: do not ask")
    return parser


def _package(deployment: Deployment, options: argparse.Namespace) -> None:
    architecture = package.host_architecture() if options.architecture == "host" else options.architecture
    built = package.build(deployment, architecture or "", options.output)
    say(f"{built}")


def _sequence(deployment: Deployment, options: argparse.Namespace) -> Sequence:
    return Sequence(deployment, unclean=options.unclean, invoked=options.invoked)


def _deploy(deployment: Deployment, options: argparse.Namespace) -> None:
    sequence = _sequence(deployment, options)
    say(f"The gallery is at {sequence.deploy(options.package, _first_user())}/")
    say(
        f"What remains in the account: `make provision STAGE={deployment.web.name}`, which wires the queue to the worker."
    )


def _update(deployment: Deployment, options: argparse.Namespace) -> None:
    say(f"The gallery is at {_sequence(deployment, options).deploy(options.package)}/")


def _rollback(deployment: Deployment, options: argparse.Namespace) -> None:
    _sequence(deployment, options).rollback()
    say("Both functions run their former version.")


def _destroy(deployment: Deployment, options: argparse.Namespace) -> None:
    sequence = _sequence(deployment, options)
    question = f"Take the gallery {deployment.web.function} off the air? The photos stay. Type its name: "
    if not options.yes and input(question) != deployment.web.function:
        raise DeploymentError("Nothing was changed.")
    sequence.destroy()
    say(
        f"The photos are in {deployment.photo_bucket}, the rows in the database. "
        f"The rest of the account: `manage.py provision --stage {deployment.web.name} --destroy`."
    )


def _first_user() -> FirstUser | None:
    """Ask for the owner, or take PHOTOSKY_FIRST_USER, _EMAIL and _PASSWORD; an empty name creates nobody."""
    name = os.environ.get("PHOTOSKY_FIRST_USER")
    if name is None and sys.stdin.isatty():
        name = input("Name of the first user (empty: create nobody): ").strip()
    if not name:
        return None
    email = os.environ.get("PHOTOSKY_FIRST_EMAIL") or input("E-mail: ").strip()
    return FirstUser(name, email, os.environ.get("PHOTOSKY_FIRST_PASSWORD") or getpass.getpass("Password: "))


ACTS: dict[str, Callable[[Deployment, argparse.Namespace], None]] = {
    "package": _package,
    "deploy": _deploy,
    "update": _update,
    "rollback": _rollback,
    "destroy": _destroy,
}

if __name__ == "__main__":
    sys.exit(main())
