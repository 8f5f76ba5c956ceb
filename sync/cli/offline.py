"""`avi-sync validate` and `avi-sync render`: the desired state of a tree, without a Controller."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli import options
from sync.cli.help import Command, not_required
from sync.cli.terminal import say
from sync.errors import SourceError, UsageError
from sync.report.formats import RENDERING, VALIDATION
from sync.timing import Timing

if TYPE_CHECKING:
    from sync.cli.arguments import Arguments
    from sync.cluster.place import ClusterPlace
    from sync.config import SourceOptions
    from sync.desired import Source
    from sync.model.desired import DesiredState


@click.command(
    "validate",
    cls=Command,
    examples=[
        "avi-sync validate --source . --working-tree",
        "avi-sync validate --source . --facts facts.yaml -o junit",
    ],
)
@not_required(options.source_options)
@options.working_tree
@options.facts
@options.cluster_state
@options.deadline
@options.output_options(VALIDATION)
def validate(facts: str, **given: Any) -> int:
    """Check a source tree without a Controller: every problem of every manifest, with its place and its fix.

    Without --source, the current folder is checked, or the one that --path names in the repository around it.
    """
    from sync.cli.arguments import Arguments
    from sync.cli.github import tell_tree
    from sync.cli.results import show_validation

    arguments = Arguments.of(given)
    if not arguments.source.source:
        arguments = replace(arguments, source=_here(arguments.source))
    desired = _offline(arguments, facts, all_live=True)
    tell_tree(desired, arguments.source.path)
    told = show_validation(desired, arguments.form, arguments.files)
    return desired.exit_code or told


@click.command(
    "render",
    cls=Command,
    examples=[
        "avi-sync render --source . -o json",
        "avi-sync render --source . --ref main~1 --facts facts.yaml",
    ],
)
@options.source_options
@options.working_tree
@options.facts
@options.cluster_state
@options.deadline
@options.output_options(RENDERING)
def render(facts: str, **given: Any) -> int:
    """Print the Avi objects that a source tree describes, as they would be sent."""
    from sync.cli.arguments import Arguments
    from sync.cli.results import show_rendering

    arguments = Arguments.of(given)
    desired = _offline(arguments, facts, all_live=False)
    told = show_rendering(desired, arguments.form, arguments.files)
    return desired.exit_code or told


def _here(options: "SourceOptions") -> "SourceOptions":
    """The repository around the current folder, and this folder in it unless the options name one."""
    from sync.source.git.repository import git_dir_of

    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if git_dir_of(folder)), None)
    if root is None:
        raise UsageError("no source is given, and this folder is in no repository", fix="give --source URL or DIR")
    inside = here.relative_to(root).as_posix()
    return replace(options, source=str(root), path=options.path or ("" if inside == "." else inside))


def _offline(arguments: "Arguments", facts_file: str, *, all_live: bool) -> "DesiredState":
    """The desired state of a tree without a Controller; empty, with the error, if the source cannot be read.

    `all_live` assumes that everything in Git is live: then more of it may be held.
    """
    from sync.desired import empty_desired, if_live, load_source, make_desired, offline, with_ignore_rules
    from sync.source.facts_file import read_facts_file

    if not facts_file:
        say(ASSUMED_FACTS)
    deadline = arguments.controller.deadline
    timing = Timing().ending_after(deadline)
    try:
        facts = read_facts_file(Path(facts_file)) if facts_file else None
        request = arguments.request()
        read = load_source(replace(request, timeout_seconds=min(request.timeout_seconds, deadline)))
        read = offline_back_ends(read, arguments.cluster)
        desired = make_desired(read, facts, timing.is_over)
        desired = if_live(desired, read) if all_live else desired
        return offline(with_ignore_rules(desired, read, datetime.now(UTC).date()))
    except SourceError as error:
        return empty_desired(error)


def offline_back_ends(read: "Source", place: "ClusterPlace") -> "Source":
    """The tree with the servers of a file that stands in for the cluster; without one, they are left open."""
    from sync.backends import follows_cluster, read_back_ends, with_back_ends

    if place.state_file is None and follows_cluster(read):
        say(NO_CLUSTER)
        return read
    now = datetime.now(UTC)
    return with_back_ends(read, read_back_ends(read, place, Timing(), location=""), place, now, writes=False)


NO_CLUSTER = "note: no cluster was read, so servers that come from it are left out (--cluster-state FILE supplies them)"

ASSUMED_FACTS = (
    "note: without a Controller, avi-sync assumes an Enterprise license, a vCenter cloud without DNS domains, "
    "and that everything manifests refer to exists (--facts FILE replaces the assumptions)"
)
