"""What a run does, written into the journal as it does it.

Before the first write a journal that cannot be written stops the run. After that it no longer does: a change in hand is
worth more than its story, but the run then ends with an error that says so.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sync.config import actor_of
from sync.controller.apply import ApplyOptions
from sync.controller.lock import user_at_host
from sync.errors import SyncError
from sync.journal import Journal
from sync.model.ending import Ending
from sync.model.journal import ChangeEnded, ChangePlanned, Event, RunBegan, RunEnded, WriteEnded
from sync.model.live import LiveState
from sync.model.outcome import Outcome, WriteOutcome
from sync.model.plan import ChangeSet, Plan
from sync.model.run import Run, RunOptions
from sync.model.secrets import without_secrets, without_user_info
from sync.report.numbers import is_only_planned, numbers
from sync.report.verdict import troubles
from sync.run import Hooks, Look
from sync.source.git.source import normalised_location
from sync.version import version_text


def recorder_for(given: Mapping[str, Any], asked: RunOptions) -> "Recorder":
    """What writes down a run with these options; a dry run, or one without a journal, leaves nothing."""
    now = _now()
    is_kept = given["journal"] and not asked.is_dry
    began = RunBegan(
        run=asked.run_id,
        time=now,
        command=click.get_current_context().info_name or "",
        actor=actor_of(os.environ) or user_at_host(),
        controller=without_user_info(given["controller"]),
        cluster="",
        source=normalised_location(given["source"]),
        path=given["path"],
        commit="",
        version=version_text() if is_kept else "",  # that takes a while to find out
    )
    journal = Journal(Path(given["journal"]), run=asked.run_id, began=now) if is_kept else None
    return Recorder(journal, began)


def _now() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """Writes one run into its journal; threads of the run may call it all at once."""

    def __init__(self, journal: Journal | None, began: RunBegan, now: Callable[[], datetime] = _now) -> None:
        self._journal = journal
        self._began = began
        self._now = now
        self._is_begun = False
        self.failure: SyncError | None = None
        """Why something could not be written down after the run had begun to write."""

    def hooks(self, hooks: Hooks) -> Hooks:
        """The same hooks, and this recorder beside them."""

        def applying(look: Look) -> None:
            self._begin(look.desired.cluster, look.plan, look.live)
            hooks.applying(look)

        def apply_options(plan: Plan) -> ApplyOptions:
            options = hooks.apply_options(plan)

            def on_write(outcome: WriteOutcome) -> None:
                self._note(self._written(outcome))
                options.on_write(outcome)

            return replace(options, on_write=on_write)

        def applied(outcomes: tuple[Outcome, ...]) -> None:
            self._note(*(event for outcome in outcomes for event in self._settled(outcome)))
            hooks.applied(outcomes)

        return replace(hooks, applying=applying, apply_options=apply_options, applied=applied)

    def ended(self, ending: Ending) -> None:
        """Write down how the run ended, unless it found nothing to do: cron would fill the journal with those."""
        run = ending.run
        if not self._is_begun and ending.is_success:
            return
        events: list[Event] = [] if self._is_begun else [self._beginning(run)]
        self._note(
            *events,
            RunEnded(
                run=self._began.run,
                time=self._now(),
                exit_code=ending.exit_code,
                counts={} if run is None or is_only_planned(run) else {str(k): n for k, n in numbers(run).items()},
                held=len(run.plan.held) if run is not None and run.plan is not None else 0,
                troubles=tuple(troubles(ending)),
            ),
        )

    def _begin(self, cluster: str, plan: Plan, live: LiveState) -> None:
        """All that is about to change, in one piece; the first time it must succeed."""
        changes = [event for change_set in plan.change_sets for event in self._planned(change_set, live)]
        if self._is_begun or self._journal is None:
            self._note(*changes)
            return
        began = replace(self._began, cluster=cluster, commit=plan.commit, digest=plan.digest)
        self._journal.add(began, *changes)
        self._is_begun = True

    def _beginning(self, run: Run | None) -> RunBegan:
        if run is None:
            return self._began
        digest = run.plan.digest if run.plan is not None else ""
        return replace(self._began, cluster=run.desired.cluster, commit=run.desired.commit, digest=digest)

    def _note(self, *events: Event) -> None:
        if self._journal is None or not events:
            return
        try:
            self._journal.add(*events)
        except SyncError as error:
            self.failure = error

    def _planned(self, change_set: ChangeSet, live: LiveState) -> Iterator[ChangePlanned]:
        sent = {write.key: write.body for write in change_set.writes}  # of two writes, a replace's, the last one counts
        for change in change_set.changes:
            found = live.objects.get(change.key)
            yield ChangePlanned(
                run=self._began.run,
                time=self._now(),
                action=change.action,
                key=change.key,
                owner=change.owner,
                reason=change.reason,
                fields=change.fields,
                before=None if found is None else without_secrets(found.body),
                after=without_secrets(sent.get(change.key)),
            )

    def _written(self, outcome: WriteOutcome) -> WriteEnded:
        return WriteEnded(
            run=self._began.run,
            time=self._now(),
            method=outcome.write.method,
            key=outcome.write.key,
            state=outcome.state,
            said=outcome.said,
        )

    def _settled(self, outcome: Outcome) -> Iterator[ChangeEnded]:
        for item in outcome.changes:
            yield ChangeEnded(
                run=self._began.run, time=self._now(), key=item.change.key, state=item.state, said=item.said
            )
