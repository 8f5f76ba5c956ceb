"""`avi-sync doctor`: checks everything that a first run needs."""

from typing import Any

import click

from sync.cli import options
from sync.cli.help import Command
from sync.cli.terminal import paint, show, show_document


@click.command(
    "doctor",
    cls=Command,
    examples=[
        "avi-sync doctor --source . --controller https://avi.example.com",
    ],
)
@options.source_options
@options.controller_options
@options.cluster_options
@options.output
def command(**given: Any) -> int:
    """Check everything that a run needs, without writing: Git, the Controller, permissions, names, AKO."""
    from sync.cli.arguments import Arguments
    from sync.cli.controller import controller
    from sync.doctor.examine import examine
    from sync.report.checkup import checkup_document, checkup_lines

    arguments = Arguments.of(given)
    request = arguments.request(writes=True)
    with controller(arguments) as where:
        checkup = examine(request, where, cluster=arguments.cluster)
    if arguments.form == "json":
        show_document(checkup_document(checkup))
    else:
        show(checkup_lines(checkup, paint))
    return checkup.exit_code
