"""What is looked at before anything is changed: this computer, the tree, the settings, the account."""

import subprocess

from photosky.deployment import package, remote
from photosky.deployment.errors import DeploymentError
from photosky.deployment.stages import ROOT, Deployment
from photosky.provision.account import Account
from photosky.provision.errors import ProvisionError, error_code, explained

NEEDED = ("DATABASE_URL", "PHOTOSKY_SECRET_KEY")


def check_here(deployment: Deployment, *, unclean: bool = False) -> None:
    """Check what needs no network: Python's version, and that what is deployed is what is committed."""
    package.check_python(deployment.web)
    if not unclean:
        _check_tree()


def sign_in(deployment: Deployment) -> Account:
    """Return the account that the credentials belong to."""
    try:
        return Account(deployment.region, read_only=False)
    except ProvisionError as error:
        raise DeploymentError(str(error)) from error


def check_account(deployment: Deployment, account: Account) -> None:
    """Check buckets, roles and secrets; raises DeploymentError for the first thing that is missing."""
    try:
        _check_buckets(deployment, account)
        _check_roles(deployment, account)
        _check_secrets(deployment, account)
    except ProvisionError as error:
        raise DeploymentError(str(error)) from error


def _check_tree() -> None:
    done = subprocess.run(
        ["git", "status", "--porcelain"],  # noqa: S607  whichever git the person uses
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeploymentError(
            "This is no git checkout: nobody could say later what was deployed. Clone the repository."
        )
    if done.stdout.strip():
        raise DeploymentError(
            f"The tree has changes that are not committed:\n{done.stdout.rstrip()}\nCommit them, so that what runs can be found again."
        )


def _check_buckets(deployment: Deployment, account: Account) -> None:
    with explained("looking at the buckets"):
        photos = remote.bucket_state(account, deployment.photo_bucket)
        packages = remote.bucket_state(account, deployment.package_bucket)
    for bucket, state in ((deployment.photo_bucket, photos), (deployment.package_bucket, packages)):
        if state == "foreign":
            raise DeploymentError(
                f"Bucket {bucket} belongs to another account, or you may not see it: choose another name in {deployment.settings_file}."
            )
    if photos == "missing":
        raise DeploymentError(
            f"Bucket {deployment.photo_bucket} does not exist: run `make provision STAGE={deployment.web.name}` first."
        )


def _check_roles(deployment: Deployment, account: Account) -> None:
    from botocore.exceptions import ClientError

    for stage in deployment.stages:
        try:
            with explained(f"looking at role {stage.role}"):
                account.iam.get_role(RoleName=stage.role)
        except ProvisionError as error:
            if isinstance(error.__cause__, ClientError) and error_code(error.__cause__) == "NoSuchEntity":
                raise DeploymentError(
                    f"Role {stage.role} does not exist: run `make provision STAGE={deployment.web.name}` first."
                ) from error
            raise


def _check_secrets(deployment: Deployment, account: Account) -> None:
    """Look whether the secrets are there; their values are not asked for."""
    for stage in deployment.stages:
        known = set(stage.variables)
        path = stage.variables.get("PHOTOSKY_PARAMETERS", "")
        if path:
            with explained(f"looking at the parameters under {path}"):
                pages = (
                    account.session.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path)
                )
                known |= {item["Name"].rsplit("/", 1)[-1] for page in pages for item in page["Parameters"]}
        for name in NEEDED:
            if name not in known:
                where = path or "/photosky/STAGE/"
                raise DeploymentError(
                    f"{name} is not set for stage {stage.name}: `aws ssm put-parameter --type SecureString --name "
                    f"{where.rstrip('/')}/{name} --value ...`, with PHOTOSKY_PARAMETERS naming the path."
                )
