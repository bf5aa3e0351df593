"""The database's part: a cluster of Aurora DSQL, known by its tag, since AWS names it. It holds every row of the library."""

from typing import Any

from photosky.provision.account import Account, found
from photosky.provision.desired import Cluster
from photosky.provision.errors import explained
from photosky.provision.parts import Part, Report
from photosky.provision.policies import CLUSTER_TAG

ABSENT = "ResourceNotFoundException"
# User guide, "Cluster lifecycle": an idle cluster wakes by being connected to.
THERE = frozenset({"ACTIVE", "UPDATING", "IDLE", "INACTIVE"})
GONE = frozenset({"DELETING", "DELETED", "PENDING_DELETE"})


def cluster_parts(account: Account, cluster: Cluster | None) -> list[Part]:
    """Return the cluster's part, none where the stage wants none."""
    if cluster is None:
        return []
    wanted = {"deletion protection": cluster.protected, "usable": True}
    return [
        Part(
            f"cluster {cluster.name}",
            wanted,
            lambda: _read(account, cluster),
            lambda present: _write(account, cluster, present),
        )
    ]


def endpoint(account: Account, cluster: Cluster) -> str | None:
    """Return the host name by which the cluster is reached, None if there is none."""
    present = _present(account, cluster)
    return f"{present['identifier']}.dsql.{account.region}.on.aws" if present else None


def delete_rows(account: Account, cluster: Cluster, report: Report) -> None:
    """Delete the cluster with every row in it, for good."""
    present = _present(account, cluster)
    if present is None:
        return
    with explained(f"deleting cluster {cluster.name}"):
        named = {"identifier": present["identifier"]}
        account.dsql.update_cluster(**named, deletionProtectionEnabled=False)
        account.dsql.delete_cluster(**named)
    report(f"removed: cluster {cluster.name} ({present['identifier']}) with every row in it")


def _present(account: Account, cluster: Cluster) -> Any:
    for page in account.dsql.get_paginator("list_clusters").paginate():
        for item in page["clusters"]:
            one = found(lambda item=item: account.dsql.get_cluster(identifier=item["identifier"]), ABSENT)  # type: ignore[misc]
            if one and one["status"] not in GONE and (one.get("tags") or {}).get(CLUSTER_TAG) == cluster.name:
                return one
    return None


def _read(account: Account, cluster: Cluster) -> Any:
    present = _present(account, cluster)
    if present is None:
        return None
    return {
        "deletion protection": present["deletionProtectionEnabled"],
        "usable": present["status"] in THERE,
    }


def _write(account: Account, cluster: Cluster, present: Any) -> None:
    if present is None:
        # The tag comes with it, so that a run that dies here finds it again.
        account.dsql.create_cluster(
            deletionProtectionEnabled=cluster.protected, tags={CLUSTER_TAG: cluster.name}
        )
    elif present["deletion protection"] != cluster.protected:
        identifier = _present(account, cluster)["identifier"]
        account.dsql.update_cluster(identifier=identifier, deletionProtectionEnabled=cluster.protected)
