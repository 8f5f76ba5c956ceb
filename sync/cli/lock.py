"""`avi-sync lock status` and `lock release`: show who holds the lock of a cluster, or release it."""

import sys
from typing import TYPE_CHECKING, Any

import click

from sync.cli import options
from sync.cli.help import Command
from sync.cli.terminal import print_result, show, show_document
from sync.errors import UsageError

if TYPE_CHECKING:
    from sync.model.lock import Holder


@click.group("lock")
def command() -> None:
    """Show who holds the lock of a cluster, or release it."""


@command.command(
    "status",
    cls=Command,
    examples=[
        "avi-sync lock status --source . --controller https://avi.example.com",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.output
def status(**given: Any) -> None:
    """Show who holds the lock and for how long, and the last run that wrote."""
    from sync.cli.arguments import Arguments
    from sync.cli.controller import controller
    from sync.inspection import read_record_of
    from sync.report.lock import lock_document, lock_lines

    arguments = Arguments.of(given)
    with controller(arguments) as where:
        name, record = read_record_of(arguments.request(), where)
    if arguments.form == "json":
        show_document(lock_document(name, record))
    else:
        show(lock_lines(name, record))


@command.command(
    "release",
    cls=Command,
    examples=[
        "avi-sync lock release --source . --controller https://avi.example.com",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.option("--yes", is_flag=True, is_common=True, help="Do not ask for confirmation. Required without a terminal.")
def release(yes: bool, **given: Any) -> None:
    """Release the lock of a run that is gone.

    A run that is still alive stops before its next change set or delete.
    """
    from sync.cli.arguments import Arguments
    from sync.cli.controller import controller
    from sync.inspection import read_record_of, release_lock

    arguments = Arguments.of(given)
    with controller(arguments) as where:
        request = arguments.request()
        name, record = read_record_of(request, where)
        if record.holder is None:
            print_result(f"Lock {name}: free, nothing to release")
            return
        if not yes:
            _ask(name, record.holder)
        release_lock(request, where, record.holder)
    print_result(f"Lock {name}: released from {record.holder}")


def _ask(name: str, holder: "Holder") -> None:
    state = f"{holder} holds the lock {name}, for {holder.age_text}"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{state}; nothing was released", fix="add --yes to release it")
    click.confirm(f"{state}. Release it?", abort=True, err=True)
