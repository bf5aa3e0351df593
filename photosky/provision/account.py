"""The AWS account that is provisioned: its clients, who is signed in, and a guard that keeps looking free of writing."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from photosky.provision.errors import ProvisionError, error_code, explained
from photosky.provision.policies import Names

if TYPE_CHECKING:
    from botocore.config import Config
    from types_boto3_budgets import BudgetsClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

# AWS names every call that changes nothing with one of these.
READ_VERBS = ("Get", "List", "Describe", "Head")
ACCOUNT_DIGITS = 12
OnCall = Callable[[str], None]


class Account:
    """One account in one region, by boto3's own credential chain."""

    def __init__(self, region: str, *, read_only: bool, on_call: OnCall | None = None) -> None:
        """Sign in and find out whose account it is; `on_call` hears the name of each operation that is called."""
        import boto3

        with explained("signing in"):
            self.session = boto3.Session(region_name=region)
            self.region = region
            self.partition = partition(self.session, region)
            self._watch(read_only=read_only, on_call=on_call)
            self.id = self.session.client("sts", config=self._config).get_caller_identity()["Account"]

    @property
    def names(self) -> Names:
        """How things of this account are named."""
        return Names(self.id, self.region, self.partition)

    @cached_property
    def s3(self) -> "S3Client":
        """S3, in the region of the bucket."""
        return self.session.client("s3", config=self._config)

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return self.session.client("sqs", config=self._config)

    @cached_property
    def iam(self) -> "IAMClient":
        """IAM."""
        return self.session.client("iam", config=self._config)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        return self.session.client("logs", config=self._config)

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """CloudWatch."""
        return self.session.client("cloudwatch", config=self._config)

    @cached_property
    def sns(self) -> Any:
        """SNS."""
        return self.session.client("sns", config=self._config)

    @cached_property
    def budgets(self) -> "BudgetsClient":
        """Budgets, which lives in one region for all."""
        return self.session.client("budgets", region_name="us-east-1", config=self._config)

    @cached_property
    def dsql(self) -> Any:
        """Aurora DSQL."""
        return self.session.client("dsql", config=self._config)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda."""
        return self.session.client("lambda", config=self._config)

    @cached_property
    def _config(self) -> "Config":
        from botocore.config import Config

        return Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=30)

    def has_function(self, name: str) -> bool:
        """Say whether a function is deployed."""
        return (
            found(
                lambda: self.functions.get_function_configuration(FunctionName=name),
                "ResourceNotFoundException",
            )
            is not None
        )

    def _watch(self, *, read_only: bool, on_call: OnCall | None) -> None:
        def heard(model: Any, **_: object) -> None:
            if read_only and not model.name.startswith(READ_VERBS):
                raise ProvisionError(
                    f"{model.name} would write, but only looking was asked for: please report this."
                )
            if on_call:
                on_call(model.name)

        self.session.events.register("before-call", heard)


def partition(session: Any, region: str) -> str:
    """Return the partition of a region, such as aws or aws-cn; raises ProvisionError where there is no such region."""
    from botocore.exceptions import UnknownRegionError

    try:
        return str(session.get_partition_for_region(region))
    except UnknownRegionError as error:
        raise ProvisionError(
            f"AWS has no region {region!r}: set aws_region to one such as eu-central-1."
        ) from error


def names_without_aws(account: str, region: str) -> Names:
    """Return how things of an account are named, without asking AWS who is signed in."""
    import boto3

    if not (len(account) == ACCOUNT_DIGITS and account.isdecimal()):
        raise ProvisionError(f"{account!r} is no account: give its {ACCOUNT_DIGITS} digits.")
    return Names(account, region, partition(boto3.Session(region_name=region), region))


def found(ask: Callable[[], Any], *absent: str) -> Any:
    """Return the answer, or None where the service answers with one of the codes for "there is none"."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if error_code(error) in absent:
            return None
        raise
