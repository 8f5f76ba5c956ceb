"""What `doctor` found, for people and for machines."""

from collections.abc import Iterator

from sync.model.checkup import Checkup, Health
from sync.report.documents import CheckupDocument
from sync.report.json import SCHEMA_VERSION
from sync.report.text import Paint
from sync.report.words import one_line

STYLES = {Health.OK: "create", Health.WARNING: "warning", Health.PROBLEM: "error", Health.NOT_CHECKED: "quiet"}


def checkup_lines(checkup: Checkup, paint: Paint) -> Iterator[str]:
    """One line per check, the fix below it, and the counts as last line."""
    width = max(len(finding.check) for finding in checkup.findings)
    for finding in checkup.findings:
        health = paint(f"{finding.health:<11}", STYLES[finding.health])
        yield f"{health}  {finding.check:<{width}}  {one_line(finding.message)}"
        if finding.fix:
            yield paint(f"{'':<11}  {'':<{width}}  fix: {one_line(finding.fix)}", "quiet")
    yield f"Doctor: {', '.join(f'{number} {health}' for health, number in checkup.counts.items())}"


def checkup_document(checkup: Checkup) -> CheckupDocument:
    """The same as JSON."""
    counts = checkup.counts
    return {
        "schema_version": SCHEMA_VERSION,
        "checks": [
            {
                "check": finding.check,
                "health": finding.health.value,
                "message": finding.message,
                "fix": finding.fix,
            }
            for finding in checkup.findings
        ],
        "summary": {
            "ok": counts[Health.OK],
            "warning": counts[Health.WARNING],
            "problem": counts[Health.PROBLEM],
            "not_checked": counts[Health.NOT_CHECKED],
        },
        "exit_code": int(checkup.exit_code),
    }
