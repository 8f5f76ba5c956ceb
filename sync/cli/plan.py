"""`avi-sync plan`, `apply` and `drift`: save a plan, apply exactly that plan, and show edits by hand."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli import options
from sync.cli.files import replace_file
from sync.cli.help import Command, Group, group, not_required
from sync.errors import UsageError
from sync.report.formats import RUN

if TYPE_CHECKING:
    from sync.cli.arguments import Arguments
    from sync.model.plan import PlanOptions, SavedPlan, Selection
    from sync.model.run import Run


@click.command(
    "plan",
    cls=Command,
    examples=[
        "avi-sync plan --out plan.json --source . --controller https://avi.example.com",
        "avi-sync apply plan.json",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.cluster_options
@options.detailed_exitcode
@options.plan_options
@options.rollout_wait
@options.after_run_options
@options.output_options(RUN)
@group(
    Group.PLAN,
    options.option(
        "--out", env="SYNC_PLAN_OUT", metavar="FILE", is_common=True, help="Save the plan for avi-sync apply."
    ),
)
def plan(detailed_exitcode: bool, out: str, **given: Any) -> int:
    """Show what a run would change, and save it for avi-sync apply."""
    from sync.cli.arguments import Arguments, run_options
    from sync.cli.running import perform

    arguments, run = Arguments.of(given), run_options(given, is_dry=True)
    if out and arguments.source.working_tree:
        raise UsageError("a plan of uncommitted files cannot be applied later", fix="commit them, or leave out --out")
    save = partial(_save, Path(out), arguments, run.plan) if out else _nothing
    return perform(arguments, run, then=save, is_detailed=detailed_exitcode)


def _nothing(run: "Run") -> None:
    del run


def _save(path: Path, arguments: "Arguments", plan_options: "PlanOptions", run: "Run") -> None:
    if run.plan is None or run.live is None:
        return
    commit = run.desired.commit
    if not commit:
        raise UsageError("a plan of a folder without Git cannot be applied later", fix="commit the folder's files")
    from sync.model.plan import SavedPlan
    from sync.plan.saving import described, fingerprints
    from sync.report.plan_file import plan_file_text
    from sync.report.run_document import run_document

    saved = SavedPlan(
        source=arguments.source.source,
        ref=arguments.source.ref,
        path=arguments.source.path,
        controller=arguments.controller.controller,
        cluster=run.desired.cluster,
        commit=commit,
        digest=run.plan.digest,
        options=plan_options,
        changes=tuple(described(change) for change in run.plan.reviewed),
        writes=fingerprints(run.plan, run.live),
    )
    try:
        replace_file(path, plan_file_text(saved, run_document(run)))
    except OSError as error:
        raise UsageError(
            f"the plan cannot be saved: {error.strerror}", where=str(path), fix="free space there, or name another file"
        ) from None


@click.command(
    "apply",
    cls=Command,
    examples=[
        "avi-sync apply plan.json",
        "avi-sync apply plan.json --allow-deletes 7 --plan-digest 3844249bf9ae",
    ],
)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@not_required(options.source_options)
@not_required(options.controller_options)
@options.cluster_options
@options.permit_options
@options.rollout_wait
@options.wait
@options.after_run_options
@options.output_options(RUN)
def apply(file: Path, **given: Any) -> int:
    """Apply exactly the plan that `avi-sync plan --out FILE` saved. Exit 8 if Git or the Controller has changed since.

    Source and Controller are those in FILE, unless options name others.
    """
    from sync.cli.arguments import Arguments, run_options
    from sync.cli.running import perform
    from sync.report.plan_file import read_plan_file

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the plan file cannot be read", where=str(file), fix=f"name another file ({error})") from None
    saved = read_plan_file(text, str(file))
    run = run_options(given, is_dry=False)
    run = replace(run, plan=replace(saved.options, now=run.plan.now), saved=saved)
    return perform(_at_places_of(saved, Arguments.of(given)), run)


def _at_places_of(saved: "SavedPlan", arguments: "Arguments") -> "Arguments":
    """The arguments; source and Controller default to those of the saved plan."""
    source, controller = arguments.source, arguments.controller
    return replace(
        arguments,
        source=replace(
            source,
            source=source.source or saved.source,
            ref=source.ref or saved.ref,
            path=source.path or saved.path,
        ),
        controller=replace(controller, controller=controller.controller or saved.controller),
    )


@click.command(
    "drift",
    cls=Command,
    examples=[
        "avi-sync drift --source . --controller https://avi.example.com",
        "avi-sync drift --only Gateway/shop/web --detailed-exitcode",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.cluster_options
@options.detailed_exitcode
@options.selection_options
@options.rollout_wait
@options.after_run_options
@options.output_options(RUN)
def drift(detailed_exitcode: bool, **given: Any) -> int:
    """Show what was changed by hand on the Controller, by field; never writes.

    The next run would revert these changes. What it would leave alone is a warning.
    """
    from sync.cli.arguments import Arguments, run_options
    from sync.cli.running import perform

    looking = run_options(given, is_dry=True)
    looking = replace(looking, plan=replace(looking.plan, retry_refused=True, may_undo=True))
    reshape = partial(_only_drift, looking.plan.selection)
    return perform(Arguments.of(given), looking, reshape=reshape, is_detailed=detailed_exitcode)


def _only_drift(selection: "Selection", run: "Run") -> "Run":
    """The result with only the edits by hand; without refusals, because nothing is written."""
    from sync.plan.drift import drift_of, edit_problems, edits_of

    if run.plan is None:
        return run
    edits = edits_of(run.desired, run.before, selection)
    plan = drift_of(run.plan)
    problems = (*plan.problems, *edit_problems(edits, run.desired, run.before))
    return replace(run, plan=replace(plan, problems=problems), edits=edits, refusals=())
