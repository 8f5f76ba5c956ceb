"""`avi-sync facts`: facts of a Controller, in a file for commands that run without one."""

from pathlib import Path
from typing import Any

import click

from sync.cli import options
from sync.cli.files import replace_file
from sync.cli.help import Command, Group, group
from sync.cli.terminal import print_result
from sync.errors import UsageError


@click.command(
    "facts",
    cls=Command,
    examples=[
        "avi-sync facts --out facts.yaml   # with SYNC_SOURCE and SYNC_CONTROLLER set",
        "avi-sync render --source . --facts facts.yaml",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@group(
    Group.OUTPUT,
    options.option(
        "--out", env="SYNC_FACTS_OUT", metavar="FILE", is_common=True, help="Write to this file instead of stdout."
    ),
)
def command(out: str, **given: Any) -> None:
    """Save what the Controller has of all that the tree refers to, for `render` and `validate` without it."""
    import yaml

    from sync.cli.arguments import Arguments
    from sync.cli.controller import controller
    from sync.controller.facts import facts_to_document
    from sync.inspection import read_facts_of

    arguments = Arguments.of(given)
    with controller(arguments) as where:
        facts = read_facts_of(arguments.request(), where)
    text = yaml.safe_dump(facts_to_document(facts), sort_keys=False)
    if not out:
        print_result(text.rstrip("\n"))
        return
    try:
        replace_file(Path(out), text)
    except OSError as error:
        raise UsageError(f"the facts cannot be written: {error.strerror}", where=out, fix="name another file") from None
