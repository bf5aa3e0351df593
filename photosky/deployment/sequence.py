"""The sequences of `make deploy`, `make update`, `make rollback` and `make destroy`, each to be read from top to bottom."""

import hashlib
import sys
from pathlib import Path
from urllib.parse import urlsplit

from photosky.deployment import package, preflight, remote, smoke
from photosky.deployment.errors import DeploymentError
from photosky.deployment.gateway import Format, FrontEnd
from photosky.deployment.inspection import inspect
from photosky.deployment.stages import Deployment, Stage
from photosky.deployment.statics import publish
from photosky.provision.account import Account


def say(text: str) -> None:
    """Tell the person what is being done."""
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


class Sequence:
    """One run over one deployment. `invoked` runs the smoke test by invocation instead of over the network."""

    def __init__(self, deployment: Deployment, *, unclean: bool = False, invoked: bool = False) -> None:
        preflight.check_here(deployment, unclean=unclean)
        self.deployment, self.invoked = deployment, invoked
        self.account: Account = preflight.sign_in(deployment)

    def deploy(self, built: Path | None = None, first_user: "FirstUser | None" = None) -> str:
        """Deploy what was never deployed, or update what was, from a package if one is given; returns the address.

        New code meets the old database for a moment and old code the new one for longer, so migrations only ever
        expand; what contracts comes with the next deployment. Where the smoke test fails, both functions go back.
        """
        say("Checking the account")
        preflight.check_account(self.deployment, self.account)
        before = {stage.name: remote.versions(self.account, stage) for stage in self.deployment.stages}
        if built is None:
            say("Building the package")
            built = package.build(self.deployment)
        say(f"{built.name}: {inspect(built, self.deployment.web.architecture)}")
        publish(self.account, self.deployment, built)
        key = f"packages/{hashlib.sha256(built.read_bytes()).hexdigest()[:16]}.zip"
        source = remote.upload_package(self.account, self.deployment, built, key)
        try:
            self._release(source, before, first_user)
        finally:
            remote.remove_package(self.account, self.deployment, key)
        return remote.address(self.account, self.deployment.web)

    def _release(self, source: str, before: dict[str, list[int]], first_user: "FirstUser | None") -> None:
        web, worker = self.deployment.web, self.deployment.worker
        self._zappa_release(worker, source, before)
        try:
            say("Migrating the database")
            self.manage("migrate --noinput")
        except DeploymentError as error:
            self._undo([worker], before, "The migration failed", error)
        self._zappa_release(web, source, before)
        try:
            if first_user is not None:
                say(f"Creating the user {first_user.name}")
                self.create_user(first_user)
            say("Trying it out")
            self.smoke_test()
        except DeploymentError as error:
            self._undo([web, worker], before, "The gallery does not work as it should", error)

    def _zappa_release(self, stage: Stage, source: str, before: dict[str, list[int]]) -> None:
        verb = "update" if before[stage.name] else "deploy"
        say(f"zappa {verb} {stage.name}")
        self._zappa(verb, stage.name, "--zip", source)
        remote.wait_until_ready(self.account, stage)

    def _undo(
        self, stages: list[Stage], before: dict[str, list[int]], what: str, error: DeploymentError
    ) -> None:
        """Put the former code back where there is one, and stop with what happened."""
        undone = [stage for stage in stages if before[stage.name]]
        for stage in undone:
            say(f"zappa rollback {stage.name}")
            self._zappa("rollback", stage.name, "--num-rollback", "1")
        names = " and ".join(stage.function for stage in undone)
        state = (
            f"{names} went back to the former version"
            if undone
            else "This was the first deployment: it is left for you to look at"
        )
        raise DeploymentError(
            f"{what}: {error}\n{state}. The database stays as it is: migrations only add."
        ) from error

    def rollback(self) -> None:
        """Put the former version of both functions back; the database stays, since migrations only expand."""
        for stage in self.deployment.stages:
            if len(remote.versions(self.account, stage)) < 2:
                raise DeploymentError(f"{stage.function} has no former version: nothing was changed.")
        for stage in reversed(self.deployment.stages):
            say(f"zappa rollback {stage.name}")
            self._zappa("rollback", stage.name, "--num-rollback", "1")
            remote.wait_until_ready(self.account, stage)
        self.smoke_test()

    def destroy(self) -> None:
        """Remove functions, gateway and schedule. Photos, database, roles and secrets stay (`make unprovision`)."""
        for stage in reversed(self.deployment.stages):
            if remote.versions(self.account, stage):
                say(f"zappa undeploy {stage.name}")
                self._zappa("undeploy", stage.name, "--yes")

    def manage(self, command: str, **variables: str) -> str:
        """Run a management command in the worker, which has 300 seconds and the database; returns what it wrote."""
        event = {"manage": command, "variables": variables}
        return str(remote.invoke(self.account, self.deployment.worker, event)["output"])

    def create_user(self, user: "FirstUser") -> None:
        """Create a superuser; one of this name that is there already is left alone."""
        try:
            self.manage(
                f"createsuperuser --noinput --username {user.name} --email {user.email}",
                DJANGO_SUPERUSER_PASSWORD=user.password,
            )
        except DeploymentError as error:
            if "already taken" not in str(error):
                raise
            say(f"There is a user {user.name} already.")

    def smoke_test(self) -> None:
        """Try the gallery out; raises DeploymentError where it does not answer as it should."""
        web = self.deployment.web
        site = remote.address(self.account, web)
        front = front_end(web, self.account.region, site)
        if self.invoked:
            fetch = smoke.by_invocation(lambda event: remote.invoke(self.account, web, event), front)
        else:
            fetch = smoke.over_network(site)
        smoke.check(fetch, front.prefix)

    def _zappa(self, *arguments: str) -> None:
        package.run_zappa(list(arguments), self.deployment.settings_file.parent)


class FirstUser:
    """Who is to own the gallery."""

    def __init__(self, name: str, email: str, password: str) -> None:
        if not name.isidentifier() or any(character.isspace() for character in email) or len(password) < 12:
            raise DeploymentError(
                "The first user needs a name of letters, digits and _, an e-mail address, and a password of at least 12 characters."
            )
        self.name, self.email, self.password = name, email, password


def front_end(stage: Stage, region: str, site: str) -> FrontEnd:
    """Return how the stage is reached at the address `site`."""
    if stage.settings.get("function_url_enabled"):
        kind = Format.URL
    else:
        kind = Format.HTTP if stage.settings.get("apigateway_version") == "v2" else Format.REST
    return FrontEnd(kind, stage.name, region, urlsplit(site).netloc)


def settings_path(text: str) -> Path:
    """Return an existing settings file, absolute."""
    path = Path(text).resolve()
    if path.name != "zappa_settings.json" or not path.exists():
        raise DeploymentError(f"{text} is no zappa_settings.json: Zappa reads a file of this name only.")
    return path
