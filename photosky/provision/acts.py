"""The acts of `manage.py provision`: plan, apply and destroy a stage, and say what remains for later or for a person."""

import time
from dataclasses import dataclass

from photosky.provision.account import Account
from photosky.provision.bucket import bucket_parts, delete_photos, present_region
from photosky.provision.cluster import cluster_parts, delete_rows, endpoint
from photosky.provision.config import ProvisionConfig
from photosky.provision.desired import DesiredState, desired_state
from photosky.provision.errors import ProvisionError, explained
from photosky.provision.monitoring import monitoring_parts, subscription
from photosky.provision.parts import Change, Part, Report, Sleep, apply, plan
from photosky.provision.queues import queue_parts, queue_url
from photosky.provision.roles import policy_file_parts, role_parts
from photosky.provision.wiring import wiring_parts

CONFIRMED = "arn:"


@dataclass(frozen=True)
class Stage:
    """A stage of the gallery in an account."""

    config: ProvisionConfig
    account: Account

    @property
    def state(self) -> DesiredState:
        """What is wanted."""
        return desired_state(self.config, self.account.names)

    def _base(self) -> list[Part]:
        """Return what needs no function, in the order in which it is safe to make."""
        return [
            *bucket_parts(self.account, self.state.bucket),
            *queue_parts(self.account, self.state),
            *cluster_parts(self.account, self.state.cluster),
            *role_parts(self.account, self.state),
            *policy_file_parts(self.state),
            *monitoring_parts(self.account, self.state),
        ]

    def _deployed(self) -> list[str]:
        with explained("looking for the functions"):
            names = [function.name for function in self.config.functions]
            return [name for name in names if self.account.has_function(name)]

    def plan(self) -> list[Change]:
        """Return what differs, without writing. What needs the worker is left out until the worker is deployed."""
        parts = self._base()
        if self.config.worker.name in self._deployed():
            parts += wiring_parts(self.account, self.state)
        return plan(parts)

    def apply(self, changes: list[Change], report: Report, sleep: Sleep = time.sleep) -> None:
        """Make the changes, in order."""
        apply(changes, report, sleep)

    def remaining(self) -> list[str]:
        """Say what provisioning cannot do yet, or what only a person can do."""
        missing = [
            function.name for function in self.config.functions if function.name not in self._deployed()
        ]
        remains = [
            f"Function {name} is not deployed: `make deploy STAGE={self.config.stage}`." for name in missing
        ]
        if self.config.worker.name in missing:
            remains.append(
                "New photos do not reach the worker until it is deployed and this was run once more."
            )
        if not self.config.origins and not self.config.seed_cors:
            remains.append(
                "No page may upload: set PHOTOSKY_SITE_URL to the gallery's address, once it has one, and run this once more."
            )
        return remains + self._remaining_queue() + self._remaining_database() + self._remaining_alarm()

    def _remaining_database(self) -> list[str]:
        if self.state.cluster is None:
            return []
        with explained("looking for the database"):
            host = endpoint(self.account, self.state.cluster)
        if host is None or host in self.config.database_hosts:
            return []
        return [
            f"The database is not used yet: migrate it as its administrator, set DATABASE_URL to dsql://photosky@{host}/postgres"
            " for the functions, and let their roles in (docs/dsql.md)."
        ]

    def _remaining_queue(self) -> list[str]:
        with explained("looking for the queue"):
            address = queue_url(self.account, self.state.queue.name)
        if address in {None, self.config.queue_url}:
            return []
        return [
            f"Zips and other jobs begin up to 15 minutes late: set PHOTOSKY_QUEUE_URL to {address} in the stage's "
            f"aws_environment_variables, then `make update STAGE={self.config.stage}`."
        ]

    def _remaining_alarm(self) -> list[str]:
        topic = self.state.topic
        if topic is None:
            return ["Alarms and the budget tell nobody: set PHOTOSKY_ALARM_EMAIL and run this once more."]
        with explained("looking for the alarms' reader"):
            answered = subscription(self.account, topic)
        if answered is None or not answered.startswith(CONFIRMED):
            return [
                f"{topic.email} must answer the letter from AWS Notifications before an alarm is sent there."
            ]
        return []

    def destroy(self, report: Report, *, photos: str = "") -> None:
        """Remove everything but the bucket, and the bucket only where `photos` is its very name.

        Refuses while the functions are deployed: they would go on without what they stand on.
        """
        self._may_be_destroyed(photos)
        for part in reversed([*self._base(), *wiring_parts(self.account, self.state)]):
            if part.removable:
                with explained(f"removing {part.name}"):
                    if part.read() is None:
                        continue
                    part.remove()
                report(f"removed: {part.name}")
        with explained(f"reading bucket {self.config.bucket}"):
            present = present_region(self.account, self.config.bucket)
        if present and photos:
            delete_photos(self.account, self.config.bucket, report)
        elif present:
            report(f"kept: bucket {self.config.bucket} with every photo in it")
        self._destroy_database(report, photos=photos)

    def _destroy_database(self, report: Report, *, photos: str) -> None:
        """Delete the rows with the photos that they tell of, and only then."""
        cluster = self.state.cluster
        if cluster is None:
            return
        if photos:
            delete_rows(self.account, cluster, report)
            return
        with explained(f"reading cluster {cluster.name}"):
            host = endpoint(self.account, cluster)
        if host:
            report(f"kept: cluster {host} with every row in it")

    def _may_be_destroyed(self, photos: str) -> None:
        if photos and photos != self.config.bucket:
            raise ProvisionError(
                f"--delete-photos names {photos!r}, but the photos of stage {self.config.stage} are in bucket"
                f" {self.config.bucket!r}: nothing was removed. Give that very name, or leave the option out to keep them."
            )
        if deployed := self._deployed():
            raise ProvisionError(
                f"Functions {', '.join(deployed)} are still deployed: nothing was removed. Run `zappa undeploy` for"
                f" {self.config.web.stage} and {self.config.worker.stage} first."
            )
