"""The monthly budget's part. AWS keeps a budget, its warnings and their readers apart; here they are one."""

from typing import Any

from photosky.provision.account import Account, found
from photosky.provision.desired import Budget
from photosky.provision.parts import Part

ABSENT = "NotFoundException"


def budget_document(budget: Budget) -> dict[str, Any]:
    """Return the budget as CreateBudget takes it: everything that the account costs in a month."""
    return {
        "BudgetName": budget.name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": str(budget.limit_usd), "Unit": "USD"},
    }


def warnings(budget: Budget) -> list[dict[str, Any]]:
    """Return the notifications as CreateBudget takes them; AWS keeps none without a reader."""
    if not budget.email:
        return []
    return [
        {
            "NotificationType": kind,
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": percent,
            "ThresholdType": "PERCENTAGE",
        }
        for kind, percent in budget.warnings
    ]


def readers(budget: Budget) -> list[dict[str, str]]:
    """Return the one reader as CreateNotification takes it."""
    return [{"SubscriptionType": "EMAIL", "Address": budget.email}]


def budget_part(account: Account, budget: Budget) -> Part:
    """Return the budget's part."""
    named: dict[str, Any] = {"AccountId": account.id, "BudgetName": budget.name}
    return Part(
        f"budget {budget.name}",
        _wanted(budget),
        lambda: _read(account, budget),
        lambda present: _write(account, budget, present),
        lambda: account.budgets.delete_budget(**named),
    )


def _wanted(budget: Budget) -> dict[str, Any]:
    document = budget_document(budget)
    return {
        "limit": float(document["BudgetLimit"]["Amount"]),
        "unit": document["TimeUnit"],
        "warnings": sorted(_line(warning, readers(budget)) for warning in warnings(budget)),
    }


def _line(warning: Any, to: Any) -> str:
    addresses = ", ".join(sorted(reader["Address"] for reader in to))
    return f"{warning['NotificationType']} over {warning['Threshold']:.0f} %: {addresses}"


def _present_warnings(account: Account, name: str) -> list[Any]:
    asked: dict[str, Any] = {"AccountId": account.id, "BudgetName": name}
    pages = account.budgets.get_paginator("describe_notifications_for_budget").paginate(**asked)
    return [
        {
            key: warning[key]
            for key in ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
            if key in warning
        }
        for page in pages
        for warning in (dict(item) for item in page.get("Notifications", []))
    ]


def _read(account: Account, budget: Budget) -> Any:
    named: dict[str, Any] = {"AccountId": account.id, "BudgetName": budget.name}
    answer = found(lambda: account.budgets.describe_budget(**named), ABSENT)
    if answer is None:
        return None
    lines = []
    for warning in _present_warnings(account, budget.name):
        to = account.budgets.describe_subscribers_for_notification(**named, Notification=warning)[
            "Subscribers"
        ]
        lines.append(_line(warning, to))
    present = answer["Budget"]
    return {
        "limit": float(present["BudgetLimit"]["Amount"]),
        "unit": present["TimeUnit"],
        "warnings": sorted(lines),
    }


def _write(account: Account, budget: Budget, present: Any) -> None:
    document: Any = budget_document(budget)
    wanted: Any = [{"Notification": warning, "Subscribers": readers(budget)} for warning in warnings(budget)]
    if present is None:
        account.budgets.create_budget(
            AccountId=account.id, Budget=document, NotificationsWithSubscribers=wanted
        )
        return
    account.budgets.update_budget(AccountId=account.id, NewBudget=document)
    if present["warnings"] != _wanted(budget)["warnings"]:
        named: dict[str, Any] = {"AccountId": account.id, "BudgetName": budget.name}
        for warning in _present_warnings(account, budget.name):
            account.budgets.delete_notification(**named, Notification=warning)
        for pair in wanted:
            account.budgets.create_notification(**named, **pair)
