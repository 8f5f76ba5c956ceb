"""Appends a run to its journal while it runs.

Before the first write, a journal that cannot be written stops the run. After that it does not, because a change in
progress matters more than its record; the run then ends with an error that says so.
"""

import os
from dataclasses import replace
from pathlib import Path

import click

from sync.cli.arguments import Arguments
from sync.config import actor_of
from sync.context import Assessment, Hooks
from sync.controller.apply import ApplyOptions
from sync.controller.lock import user_at_host
from sync.errors import SyncError
from sync.journal import ChangeEnded, ChangePlanned, Event, Journal, RunBegan, RunEnded
from sync.model.desired import DesiredState
from sync.model.ending import Ending
from sync.model.live import LiveState
from sync.model.outcome import Outcome, WriteOutcome
from sync.model.plan import Action, Change, Plan
from sync.model.run import RunOptions
from sync.model.secrets import without_secrets, without_user_info
from sync.report.ending import troubles
from sync.source.git.location import normalised_location
from sync.version import version_text


class Recorder:
    """Appends one run to its journal; without a journal, and in a dry run, it does nothing."""

    def __init__(self, arguments: Arguments, options: RunOptions) -> None:
        journal = arguments.notify.journal
        self._journal = Journal(Path(journal), run=options.run_id) if journal and not options.is_dry else None
        self._run = options.run_id
        self._arguments = arguments
        self._has_begun = False
        self.failure: SyncError | None = None
        """Why something could not be written after the run had begun to write."""

    def hooks(self, hooks: Hooks) -> Hooks:
        """The same hooks, and this recorder beside them; threads of the run may call it at the same time."""
        if self._journal is None:
            return hooks

        def applying(seen: Assessment) -> None:
            self._begin(seen)
            hooks.applying(seen)

        def apply_options(plan: Plan) -> ApplyOptions:
            options = hooks.apply_options(plan)

            def on_write(outcome: WriteOutcome) -> None:
                method, key = outcome.write.method, outcome.write.key
                self._append(
                    ChangeEnded(
                        event="write", run=self._run, key=key, state=outcome.state, said=outcome.said, method=method
                    )
                )
                options.on_write(outcome)

            return replace(options, on_write=on_write)

        def applied(outcomes: tuple[Outcome, ...]) -> None:
            self._append(
                *(
                    ChangeEnded(event="outcome", run=self._run, key=item.change.key, state=item.state, said=item.said)
                    for outcome in outcomes
                    for item in outcome.changes
                )
            )
            hooks.applied(outcomes)

        return replace(hooks, applying=applying, apply_options=apply_options, applied=applied)

    def ended(self, ending: Ending) -> None:
        """Append how the run ended, unless it found nothing to do: cron would fill the journal with those."""
        run = ending.run
        if self._journal is None or (ending.is_success and not self._has_begun):
            return
        if not self._has_begun:
            self._append(self._beginning(run.desired if run else None, run.plan if run else None))
        self._append(
            RunEnded(
                run=self._run,
                exit_code=ending.exit_code,
                counts={} if run is None or run.is_only_planned else {str(k): n for k, n in run.counts.items()},
                troubles=tuple(troubles(ending)),
            )
        )

    def _begin(self, seen: Assessment) -> None:
        """Append all that is about to change; the first time it must succeed."""
        planned = [self._planned(change, seen.live) for change in seen.plan.changes]
        if self._journal is None or self._has_begun:
            self._append(*planned)
            return
        self._journal.append(self._beginning(seen.desired, seen.plan), *planned)
        self._has_begun = True

    def _append(self, *events: Event) -> None:
        if self._journal is None or not events:
            return
        try:
            self._journal.append(*events)
        except SyncError as error:
            self.failure = error

    def _beginning(self, desired: DesiredState | None, plan: Plan | None) -> RunBegan:
        return RunBegan(
            run=self._run,
            command=click.get_current_context().info_name or "",
            actor=actor_of(os.environ) or user_at_host(),
            controller=without_user_info(self._arguments.controller.controller),
            cluster=desired.cluster if desired else "",
            source=normalised_location(self._arguments.source.source),
            path=self._arguments.source.path,
            commit=desired.commit if desired else "",
            digest=plan.digest if plan else "",
            version=version_text(),
        )

    def _planned(self, change: Change, live: LiveState) -> ChangePlanned:
        goes = live.objects.get(change.key) if change.action in (Action.DELETE, Action.REPLACE) else None
        return ChangePlanned(run=self._run, change=change, before=without_secrets(goes.body) if goes else None)
