"""What a Lambda function does once, before its first event: fetch its secrets, make Django ready. Never a Zappa import."""

import io
import os
import shlex
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

# The one setting that names where the others are kept, such as /photosky/production/.
PARAMETERS = "PHOTOSKY_PARAMETERS"


class StartRefused(Exception):
    """The function cannot start as it is configured; the message names what is missing and the remedy."""


class UnknownEvent(Exception):
    """The function was invoked with an event that it does not serve."""


def prepare() -> None:
    """Complete the environment, before Django's settings read it. Raises StartRefused."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosky.settings")
    load_parameters(os.environ)


def start_django() -> None:
    """Set Django up without a web application. Raises ImproperlyConfigured where a start-up check finds an error."""
    import django

    from photosky.startup import refuse_unsafe_start

    django.setup()
    refuse_unsafe_start()


def load_parameters(environment: MutableMapping[str, str]) -> None:
    """Set every parameter under the path that PHOTOSKY_PARAMETERS names as a variable, once per function instance.

    /photosky/production/DATABASE_URL becomes DATABASE_URL. A variable that the function has already wins: it can be
    seen in its configuration, and a parameter could not. Without PHOTOSKY_PARAMETERS nothing is asked for.
    """
    path = environment.get(PARAMETERS, "").strip()
    if not path:
        return
    if not path.startswith("/"):
        raise StartRefused(f"{PARAMETERS} is {path!r}: set it to a path such as /photosky/production/.")
    found = _parameters(path)
    if not found:
        raise StartRefused(
            f"Parameter Store has nothing under {path} ({PARAMETERS}): put DATABASE_URL and PHOTOSKY_SECRET_KEY there "
            "as SecureString parameters, or unset the variable and set them in the function's environment."
        )
    for name, value in found.items():
        environment.setdefault(name, value)


def _parameters(path: str) -> dict[str, str]:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        # A start that hangs costs more than one that fails: Lambda tries again with a new instance.
        config = Config(connect_timeout=3, read_timeout=3, retries={"max_attempts": 3, "mode": "standard"})
        ssm: SSMClient = botocore.session.get_session().create_client("ssm", config=config)  # type: ignore[assignment]
        pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
        return {
            item["Name"].rsplit("/", 1)[-1]: item["Value"] for page in pages for item in page["Parameters"]
        }
    except (BotoCoreError, ClientError) as error:
        raise StartRefused(
            f"The parameters under {path} cannot be read: {error}. Check {PARAMETERS} and that the function's role may "
            "call ssm:GetParametersByPath there."
        ) from error


def run_command(event: Mapping[str, Any]) -> dict[str, str]:
    """Run the management command of an event {"manage": "migrate --noinput"} and return what it wrote.

    `variables` of the event are set for the length of the command, so that a first password is never in a log or in
    the function's configuration. Raises what the command raises: Lambda then reports the invocation as failed.
    """
    from django.core import management

    command, variables = shlex.split(event["manage"]), dict(event.get("variables") or {})
    before = {name: os.environ.get(name) for name in variables}
    written = io.StringIO()
    os.environ.update(variables)
    try:
        management.call_command(*command, stdout=written, stderr=written)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
    return {"output": written.getvalue()}
