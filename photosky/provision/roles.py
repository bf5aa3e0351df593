"""The functions' roles: their trust, their one inline policy, nothing besides, and the files that Zappa reads."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from photosky.provision.account import Account, found
from photosky.provision.desired import POLICY_NAME, DesiredState, Role
from photosky.provision.errors import ProvisionError
from photosky.provision.parts import Part
from photosky.provision.policies import Document, comparable

ABSENT = "NoSuchEntity"


def role_parts(account: Account, state: DesiredState) -> list[Part]:
    """Return the parts of all roles, in order."""
    return [part for role in state.roles for part in _role(account, role)]


def _role(account: Account, role: Role) -> list[Part]:
    iam = account.iam
    policy = {"RoleName": role.name, "PolicyName": POLICY_NAME}
    return [
        _trust(account, role),
        Part(
            f"role {role.name}: policy",
            comparable(role.policy),
            lambda: _document(found(lambda: iam.get_role_policy(**policy), ABSENT), "PolicyDocument"),
            lambda _: iam.put_role_policy(**policy, PolicyDocument=json.dumps(role.policy)),
            transient=frozenset({ABSENT}),
        ),
        Part(
            f"role {role.name}: nothing besides",
            [],
            lambda: _besides(account, role.name),
            lambda besides: _withdraw(account, role.name, besides),
        ),
    ]


def _trust(account: Account, role: Role) -> Part:
    iam, trust = account.iam, json.dumps(role.trust)

    def read() -> Any:
        answer = found(lambda: iam.get_role(RoleName=role.name), ABSENT)
        return _document(answer and answer["Role"], "AssumeRolePolicyDocument")

    def write(present: Any) -> None:
        if present is None:
            iam.create_role(
                RoleName=role.name,
                AssumeRolePolicyDocument=trust,
                Description="What PhotoSky's functions may do",
            )
        else:
            iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=trust)

    def remove() -> None:
        _withdraw(account, role.name, _besides(account, role.name))
        found(lambda: iam.delete_role_policy(RoleName=role.name, PolicyName=POLICY_NAME), ABSENT)
        iam.delete_role(RoleName=role.name)

    return Part(f"role {role.name}", comparable(role.trust), read, write, remove)


def _document(answer: Any, key: str) -> Any:
    return None if answer is None else comparable(answer[key])


def _besides(account: Account, name: str) -> list[str]:
    """Return what the role may do by policies that are not ours: names of inline ones, ARNs of attached ones."""

    def listed() -> list[str]:
        inline = account.iam.get_paginator("list_role_policies").paginate(RoleName=name)
        attached = account.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        names = [policy for page in inline for policy in page["PolicyNames"] if policy != POLICY_NAME]
        return sorted(
            names + [policy["PolicyArn"] for page in attached for policy in page["AttachedPolicies"]]
        )

    return found(listed, ABSENT) or []


def _withdraw(account: Account, name: str, besides: Iterable[str]) -> None:
    for policy in besides:
        if policy.startswith("arn:"):
            account.iam.detach_role_policy(RoleName=name, PolicyArn=policy)
        else:
            account.iam.delete_role_policy(RoleName=name, PolicyName=policy)


def policy_file_parts(state: DesiredState) -> list[Part]:
    """Return the files that attach_policy and assume_policy of the stages name; these need no AWS."""
    wanted: dict[Path, Document] = {}
    for role in state.roles:
        for path, document in ((role.policy_file, role.policy), (role.trust_file, role.trust)):
            if path and wanted.setdefault(path, document) != document:
                raise ProvisionError(
                    f"Two roles are to be read from {path}: give each stage its own attach_policy, or both one role_name."
                )
    return [_file(path, document) for path, document in wanted.items()]


def _file(path: Path, document: Document) -> Part:
    text = json.dumps(document, indent=2) + "\n"

    def read() -> str | None:
        return path.read_text(encoding="utf-8") if path.exists() else None

    def write(_: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return Part(f"file {path}", text, read, write)
