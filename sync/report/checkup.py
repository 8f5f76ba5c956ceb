"""What `doctor` found, for people and for machines."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from sync.model.checkup import Checkup, Health
from sync.report.documents import Count, JsonDocument, VersionedDocument, at, known
from sync.report.text import Paint
from sync.report.words import counted, one_line

STYLES = {Health.OK: "create", Health.WARNING: "warning", Health.PROBLEM: "error", Health.NOT_CHECKED: "quiet"}


def checkup_lines(checkup: Checkup, paint: Paint) -> Iterator[str]:
    """One line per check, the fix below it, and the counts as last line."""
    width = max(len(finding.check) for finding in checkup.findings)
    for finding in checkup.findings:
        health = paint(f"{finding.health:<11}", STYLES[finding.health])
        yield f"{health}  {finding.check:<{width}}  {one_line(finding.message)}"
        if finding.fix:
            yield paint(f"{'':<11}  {'':<{width}}  fix: {one_line(finding.fix)}", "quiet")
    yield f"Doctor: {', '.join(_counted(health, number) for health, number in checkup.counts.items())}"


def _counted(health: Health, number: int) -> str:
    return counted(number, health) if health in (Health.WARNING, Health.PROBLEM) else f"{number} {health}"


def _by_name(counts: Mapping[Health, int]) -> dict[str, int]:
    return {health.name.lower(): number for health, number in counts.items()}


class CheckDocument(JsonDocument):
    """One check of `doctor`."""

    check: str
    health: Annotated[str, known(Health)]
    message: str
    fix: str
    """Empty where nothing is to be done."""


class CheckupSummaryDocument(JsonDocument):
    """How many checks ended in each way."""

    ok: Count
    warning: Count
    problem: Count
    not_checked: Count


class CheckupDocument(VersionedDocument):
    """What `doctor` prints."""

    checks: list[CheckDocument] = at("findings")
    summary: Annotated[CheckupSummaryDocument, BeforeValidator(_by_name)] = at("counts")
    exit_code: int


def checkup_document(checkup: Checkup) -> dict[str, Any]:
    """What `doctor` prints as JSON."""
    return CheckupDocument.of(checkup)
