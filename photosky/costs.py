"""What a month on AWS costs: a small model of requests, seconds and bytes, whose figures are measured or say otherwise."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

FIGURES_FILE = Path(__file__).resolve().parent.parent / "bench" / "results" / "costs.json"
# Lambda Developer Guide, "Configure Lambda function memory": at 1,769 MB a function has one processor.
MB_PER_PROCESSOR = 1769
WEB_MB, WORKER_MB = 1024, 2048
DAYS = 30
HOURS = 24 * DAYS
TICKS = HOURS * 4

Gateway = Literal["rest", "http", "url"]
Database = Literal["elsewhere", "dsql", "rds"]
Architecture = Literal["arm64", "x86_64"]


class CostError(Exception):
    """The figures cannot be read; the text says what to do."""


@dataclass(frozen=True)
class Prices:
    """US dollars in us-east-1, November 2026, before tax. Each field's unit is in its name."""

    storage_gb_month: float = 0.023
    s3_write_thousand: float = 0.005
    s3_read_thousand: float = 0.0004
    egress_gb: float = 0.09
    cdn_egress_gb: float = 0.085
    cdn_million: float = 1.00
    lambda_million: float = 0.20
    arm64_gb_s: float = 0.0000133334
    x86_64_gb_s: float = 0.0000166667
    rest_million: float = 3.50
    http_million: float = 1.00
    sqs_million: float = 0.40
    logs_gb: float = 0.50
    dsql_million_dpu: float = 8.00
    dsql_gb_month: float = 0.33
    rds_hour: float = 0.016
    rds_gb_month: float = 0.115


@dataclass(frozen=True)
class FreeTier:
    """What is free every month for as long as the account exists; one account has it once, for all that it runs."""

    egress_gb: float = 100
    cdn_egress_gb: float = 1024
    cdn_requests: float = 10_000_000
    lambda_requests: float = 1_000_000
    lambda_gb_s: float = 400_000
    sqs_requests: float = 1_000_000
    logs_gb: float = 5
    dsql_dpu: float = 100_000
    dsql_gb: float = 1


NOTHING_FREE = FreeTier(0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Figure:
    """One number of the model and where it is from: "measured: ..." or "assumed: ..."."""

    value: float
    unit: str
    basis: str

    @property
    def is_measured(self) -> bool:
        """Whether somebody saw it."""
        return self.basis.startswith("measured")


@dataclass(frozen=True)
class Usage:
    """How a gallery is used in a month, and how it is deployed."""

    photos: int
    new_photos: int
    visits: int
    gateway: Gateway = "rest"
    database: Database = "elsewhere"
    architecture: Architecture = "arm64"
    cdn: bool = False


@dataclass(frozen=True)
class Item:
    """One line of the bill: what there is of it, what of that is free, and the price of the rest in US dollars."""

    name: str
    quantity: float
    unit: str
    usd_per_unit: float
    free: float = 0.0
    usd: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "usd", max(0.0, self.quantity - self.free) * self.usd_per_unit)


# Every figure that the model needs. A file that lacks one is refused rather than guessed.
NEEDED = (
    "original_mb",
    "renditions_per_photo",
    "renditions_kb_per_photo",
    "worker_cpu_s_per_photo",
    "worker_waiting_s_per_photo",
    "page_cpu_ms",
    "page_waiting_ms",
    "page_kb",
    "dynamic_requests_per_visit",
    "image_requests_per_visit",
    "image_mb_per_visit",
    "originals_viewed_per_visit",
    "cold_start_share",
    "cold_start_cpu_s",
    "tick_cpu_s",
    "queue_idle_polls",
    "log_kb_per_invocation",
    "dpu_per_request",
    "database_kb_per_photo",
)


def read_figures(path: Path = FIGURES_FILE) -> dict[str, Figure]:
    """Read the figures; raises CostError where the file or one of them is missing or no number of at least 0."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        figures = {name: Figure(float(e["value"]), e["unit"], e["basis"]) for name, e in entries.items()}
    except OSError as error:
        raise CostError(
            f"{path} cannot be read: {error.strerror}. Run this in the project's folder."
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CostError(f"{path} is damaged ({error!r}): restore it from version control.") from error
    wrong = [name for name in NEEDED if name not in figures or figures[name].value < 0]
    if wrong:
        raise CostError(f"{path} lacks a usable figure for {', '.join(wrong)}: restore it.")
    return figures


def estimate(
    usage: Usage, figures: Mapping[str, Figure], prices: Prices | None = None, free: FreeTier | None = None
) -> list[Item]:
    """Return the lines of a month's bill."""
    prices, free = prices or Prices(), free or FreeTier()
    of = _values(figures)
    return [
        *_storage(usage, of, prices),
        *_functions(usage, of, prices, free),
        *_gateway(usage, of, prices),
        *_images(usage, of, prices, free),
        *_queue(usage, of, prices, free),
        *_database(usage, of, prices, free),
    ]


def total(items: list[Item]) -> float:
    """Return the month's US dollars."""
    return sum(item.usd for item in items)


Values = Callable[[str], float]


def _values(figures: Mapping[str, Figure]) -> Values:
    return lambda name: figures[name].value


def _storage(usage: Usage, of: Values, prices: Prices) -> list[Item]:
    gigabytes = usage.photos * (of("original_mb") / 1024 + of("renditions_kb_per_photo") / 1024**2)
    # Written: the original and its renditions; read: the confirmation's HEAD and the worker's one GET.
    written = usage.new_photos * (1 + of("renditions_per_photo"))
    return [
        Item("S3: originals and renditions", gigabytes, "GB", prices.storage_gb_month),
        Item("S3: writing new photos", written, "requests", prices.s3_write_thousand / 1000),
        Item("S3: reading new photos", usage.new_photos * 2, "requests", prices.s3_read_thousand / 1000),
    ]


def _requests(usage: Usage, of: Values) -> float:
    return usage.visits * of("dynamic_requests_per_visit")


def billed_s(cpu_s: float, waiting_s: float, memory_mb: int) -> float:
    """Return how long a function of so much memory takes: with less than one processor, computing takes longer."""
    return cpu_s / min(1.0, memory_mb / MB_PER_PROCESSOR) + waiting_s


def _functions(usage: Usage, of: Values, prices: Prices, free: FreeTier) -> list[Item]:
    requests = _requests(usage, of)
    page_s = billed_s(of("page_cpu_ms") / 1000, of("page_waiting_ms") / 1000, WEB_MB)
    start_s = billed_s(of("cold_start_cpu_s"), 0, WEB_MB) * of("cold_start_share")
    photo_s = billed_s(of("worker_cpu_s_per_photo"), of("worker_waiting_s_per_photo"), WORKER_MB)
    tick_s = billed_s(of("tick_cpu_s"), 0, WORKER_MB)
    web = requests * (page_s + start_s) * WEB_MB / 1024
    worker = (usage.new_photos * photo_s + TICKS * tick_s) * WORKER_MB / 1024
    gb_s = prices.arm64_gb_s if usage.architecture == "arm64" else prices.x86_64_gb_s
    runs = requests + usage.new_photos + TICKS
    log_gb = runs * of("log_kb_per_invocation") / 1024**2
    return [
        Item("Lambda: invocations", runs, "requests", prices.lambda_million / 1e6, free.lambda_requests),
        Item("Lambda: pages and photos", web + worker, "GB-s", gb_s, free.lambda_gb_s),
        Item("CloudWatch: logs", log_gb, "GB", prices.logs_gb, free.logs_gb),
    ]


def _gateway(usage: Usage, of: Values, prices: Prices) -> list[Item]:
    million = {"rest": prices.rest_million, "http": prices.http_million, "url": 0.0}[usage.gateway]
    names = {"rest": "API Gateway, REST", "http": "API Gateway, HTTP", "url": "Function URL"}
    return [Item(f"{names[usage.gateway]}: requests", _requests(usage, of), "requests", million / 1e6)]


def _images(usage: Usage, of: Values, prices: Prices, free: FreeTier) -> list[Item]:
    """Return what looking costs; by a CDN, S3 itself is only asked for what the CDN has not yet."""
    images = usage.visits * of("image_requests_per_visit")
    originals = usage.visits * of("originals_viewed_per_visit")
    pages_gb = _requests(usage, of) * of("page_kb") / 1024**2
    images_gb = usage.visits * of("image_mb_per_visit") / 1024
    originals_gb = originals * of("original_mb") / 1024
    if not usage.cdn:
        leaving = pages_gb + images_gb + originals_gb
        return [
            Item("S3: looking", images + originals, "requests", prices.s3_read_thousand / 1000),
            Item("Data out of AWS", leaving, "GB", prices.egress_gb, free.egress_gb),
        ]
    return [
        Item("CloudFront: looking", images, "requests", prices.cdn_million / 1e6, free.cdn_requests),
        Item("CloudFront: data out", images_gb, "GB", prices.cdn_egress_gb, free.cdn_egress_gb),
        Item("S3: originals", originals, "requests", prices.s3_read_thousand / 1000),
        Item("Data out of AWS", pages_gb + originals_gb, "GB", prices.egress_gb, free.egress_gb),
    ]


def _queue(usage: Usage, of: Values, prices: Prices, free: FreeTier) -> list[Item]:
    # A message is sent, received and deleted. Lambda asks an empty queue, too, and each asking is a request.
    requests = usage.new_photos * 3 + of("queue_idle_polls")
    return [Item("SQS: requests", requests, "requests", prices.sqs_million / 1e6, free.sqs_requests)]


def _database(usage: Usage, of: Values, prices: Prices, free: FreeTier) -> list[Item]:
    gigabytes = usage.photos * of("database_kb_per_photo") / 1024**2
    if usage.database == "dsql":
        units = _requests(usage, of) * of("dpu_per_request")
        return [
            Item("Aurora DSQL: work", units, "DPU", prices.dsql_million_dpu / 1e6, free.dsql_dpu),
            Item("Aurora DSQL: rows", gigabytes, "GB", prices.dsql_gb_month, free.dsql_gb),
        ]
    if usage.database == "rds":
        return [
            Item("RDS PostgreSQL, db.t4g.micro", HOURS, "hours", prices.rds_hour),
            Item("RDS PostgreSQL: disk", max(20.0, gigabytes), "GB", prices.rds_gb_month),
        ]
    return []
