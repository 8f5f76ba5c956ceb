"""`avi-sync cluster export`: the servers of a Kubernetes cluster as a file, for commands that read none."""

from pathlib import Path
from typing import Any

import click

from sync.cli import options
from sync.cli.files import replace_file
from sync.cli.help import Command, Group, group
from sync.cli.terminal import print_result
from sync.errors import UsageError
from sync.timing import Timing


@click.group("cluster")
def command() -> None:
    """Save the servers that the Kubernetes cluster has."""


@command.command(
    "export",
    cls=Command,
    examples=[
        "avi-sync cluster export --out cluster.json --source . --kubeconfig config",
        "avi-sync plan --cluster-state cluster.json --source .",
    ],
)
@options.source_options
@options.working_tree
@options.cluster_access
@options.deadline
@group(
    Group.OUTPUT,
    options.option(
        "--out", env="SYNC_CLUSTER_OUT", metavar="FILE", is_common=True, help="Write to this file instead of stdout."
    ),
)
def export(out: str, **given: Any) -> None:
    """Save what the tree needs from its cluster, for `--cluster-state`. Needs no Controller.

    Nothing is written if any list could not be read: exit 6.
    """
    from sync.backends import export_back_ends
    from sync.cli.arguments import Arguments
    from sync.inspection import usable_source

    arguments = Arguments.of(given)
    timing = Timing().ending_after(arguments.controller.deadline)
    request = arguments.request()
    text = export_back_ends(usable_source(request), arguments.cluster, timing, location=request.location)
    if not out:
        print_result(text.rstrip("\n"))
        return
    try:
        replace_file(Path(out), text)
    except OSError as error:
        fix = "name another file"
        raise UsageError(f"the state of the cluster cannot be written: {error.strerror}", where=out, fix=fix) from None
