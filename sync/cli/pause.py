"""`avi-sync pause` and `avi-sync resume`: leave an owner unchanged for a while."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sync.cli import options
from sync.cli.help import Command
from sync.errors import UsageError
from sync.model.wording import shown
from sync.report.formats import RUN

if TYPE_CHECKING:
    from sync.avi.markers import Pause
    from sync.model.desired import Owner
    from sync.model.run import Run


@click.command(
    "pause",
    cls=Command,
    examples=[
        'avi-sync pause Gateway/shop/web --for 4h --reason "draining a server"',
        "avi-sync resume Gateway/shop/web",
    ],
)
@click.argument("owner", metavar="KIND/NAMESPACE/NAME")
@options.option(
    "--for",
    "duration",
    env="SYNC_PAUSE_FOR",
    required=True,
    metavar="TIME",
    is_common=True,
    help="How long, such as 30m, 4h, 2d or 1h30m.",
)
@options.option(
    "--reason",
    env="SYNC_PAUSE_REASON",
    required=True,
    metavar="TEXT",
    is_common=True,
    help="Why. Each run shows it while the pause lasts.",
)
@options.source_options
@options.controller_options
@options.after_run_options
@options.output_options(RUN)
def pause(owner: str, duration: str, reason: str, **given: Any) -> int:
    """Leave one Gateway, Service or SharedVip unchanged for a while."""
    from sync.avi.markers import Pause

    until = datetime.now(UTC).replace(microsecond=0) + parse_duration(duration)
    said = " ".join(reason.split())
    if not said:
        raise UsageError("--reason is empty", fix="say why; every run shows it while the pause lasts")
    return _mark(owner, Pause(until.isoformat(), said), given)


@click.command(
    "resume",
    cls=Command,
    examples=[
        "avi-sync resume Gateway/shop/web",
    ],
)
@click.argument("owner", metavar="KIND/NAMESPACE/NAME")
@options.source_options
@options.controller_options
@options.after_run_options
@options.output_options(RUN)
def resume(owner: str, **given: Any) -> int:
    """End the pause of one owner. The next run makes it match Git again."""
    return _mark(owner, None, given)


def _mark(name: str, pause: "Pause | None", given: Mapping[str, Any]) -> int:
    from sync.cli.arguments import Arguments, parse_owner, run_options
    from sync.cli.running import perform
    from sync.plan.pauses import make_pause

    owner = parse_owner(name)
    run = replace(run_options({"only": [name]}, is_dry=False), follows_git=False, needs_manifests=False)
    return perform(Arguments.of(given), run, planner=partial(make_pause, owner, pause), then=_check(owner))


def _check(owner: "Owner") -> Callable[["Run"], None]:
    def check(run: "Run") -> None:
        if run.plan is not None and not run.plan.changes and not run.plan.unchanged:
            raise UsageError(f"{owner} has no live objects", fix="name an owner that avi-sync has created")

    return check


_PARTS = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


def parse_duration(text: str) -> timedelta:
    """`1h30m` as a time span; raises UsageError for anything else, and for zero."""
    found = _PARTS.fullmatch(text.strip())
    days, hours, minutes = (int(part or 0) for part in (found.groups() if found else ("", "", "")))
    span = timedelta(days=days, hours=hours, minutes=minutes) if days < 10_000 else timedelta(0)
    if not span:
        raise UsageError(f"{shown(text)} is not a duration", fix="write it as 30m, 4h, 2d or 1h30m")
    return span
