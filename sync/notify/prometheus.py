"""Export of metrics: to a file for node_exporter, or to a Pushgateway."""

import urllib.error
from pathlib import Path

from prometheus_client import CollectorRegistry, pushadd_to_gateway, write_to_textfile

from sync.errors import SyncError

JOB = "avi-sync"
TIMEOUT_SECONDS = 5.0
_FIX = "check --pushgateway (SYNC_PUSHGATEWAY)"


class MetricsError(SyncError):
    """The metrics could not be delivered."""


def write_metrics(file: Path, registry: CollectorRegistry) -> None:
    """Write the file atomically: a reader sees the whole old or the whole new content."""
    try:
        write_to_textfile(str(file), registry)
    except OSError as error:
        raise MetricsError(
            f"the metrics cannot be written: {error.strerror}",
            where=str(file),
            fix="name a file in a folder that this account may write to (--metrics-file)",
        ) from None


def push_metrics(url: str, target: str, registry: CollectorRegistry) -> None:
    """Add the metrics to the group of this target. Metrics that a failed run lacks keep their old values."""
    try:
        pushadd_to_gateway(url, job=JOB, registry=registry, grouping_key={"target": target}, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        raise MetricsError(f"the Pushgateway answered {error.code}", where=url, fix=_FIX) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise MetricsError(f"the Pushgateway cannot be reached: {reason}", where=url, fix=_FIX) from None
