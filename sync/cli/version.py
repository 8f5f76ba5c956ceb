"""`avi-sync version`."""

import click

from sync.cli.terminal import print_result
from sync.version import version_text


@click.command("version")
def command() -> None:
    """Show the version and the commit it was built from."""
    print_result(version_text())
