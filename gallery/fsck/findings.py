"""What an inspection can find, and the report of all of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# The report is kept in one row: the first of each kind are enough to see what is the matter.
SHOWN_PER_KIND = 100


class Kind(StrEnum):
    """The kinds of findings, from the worst."""

    MISSING = "missing"
    WRONG_SIZE = "wrong_size"
    WRONG_CHECKSUM = "wrong_checksum"
    UNREADABLE = "unreadable"
    MISSING_RENDITIONS = "missing_renditions"
    OUTDATED_RENDITIONS = "outdated_renditions"
    STUCK = "stuck"
    QUOTA = "quota"
    UNTRACKED = "untracked"
    ABANDONED_PARTS = "abandoned_parts"


# What each kind means to the person who reads it, and what to do about it.
REMEDIES = {
    Kind.MISSING: "the original is not in the bucket: bring back an earlier version of the object, or a backup",
    Kind.WRONG_SIZE: "the original has another size than at upload: bring back an earlier version of the object",
    Kind.WRONG_CHECKSUM: "the bytes of the original have changed: bring back an earlier version of the object",
    Kind.UNREADABLE: "the store refuses the object, or no renditions can be made of it: the reason stands beside it",
    Kind.MISSING_RENDITIONS: "renditions are not in the bucket: --repair makes them anew",
    Kind.OUTDATED_RENDITIONS: "renditions are by a former recipe: --repair or rebuild_renditions makes them anew",
    Kind.STUCK: "the upload does not move on: --repair works on it, or run `manage.py work`",
    Kind.QUOTA: "the space in use is counted wrong: --repair counts it anew",
    Kind.UNTRACKED: "the library does not know the object: --repair sets an original aside, never to be deleted by "
    "itself, and removes anything else after a day",
    Kind.ABANDONED_PARTS: "parts of an upload that nobody finishes: --repair frees them",
}


@dataclass(slots=True)
class Finding:
    """One thing that is not as it should be. `subject` is a key, or names a row."""

    kind: Kind
    subject: str
    detail: str = ""
    repaired: bool = False


@dataclass(slots=True)
class Report:
    """All findings, and how much was looked at."""

    findings: list[Finding] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)

    def add(self, kind: Kind, subject: str, detail: str = "", *, repaired: bool = False) -> None:
        """Note one finding."""
        self.findings.append(Finding(kind, subject, detail, repaired))

    def count(self, what: str, number: int = 1) -> None:
        """Count what was looked at."""
        self.checked[what] = self.checked.get(what, 0) + number

    @property
    def open(self) -> list[Finding]:
        """What is still wrong."""
        return [finding for finding in self.findings if not finding.repaired]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many of each kind were found, and how many of them repaired; kinds without findings are left out."""
        counts: dict[str, dict[str, int]] = {}
        for finding in self.findings:
            kind = counts.setdefault(finding.kind, {"found": 0, "repaired": 0})
            kind["found"] += 1
            kind["repaired"] += finding.repaired
        return counts

    def as_json(self) -> dict[str, Any]:
        """Return the report for --json and for the admin, with at most SHOWN_PER_KIND findings of each kind."""
        shown: dict[str, list[dict[str, Any]]] = {}
        for finding in self.findings:
            entries = shown.setdefault(finding.kind, [])
            if len(entries) < SHOWN_PER_KIND:
                entries.append(
                    {"subject": finding.subject, "detail": finding.detail, "repaired": finding.repaired}
                )
        return {
            "ok": not self.open,
            "checked": self.checked,
            "notes": self.notes,
            "counts": self.counts,
            "findings": shown,
        }
