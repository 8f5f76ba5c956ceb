"""`avi-sync completion`: what a shell needs to complete commands, options and file names."""

import click
from click.shell_completion import get_completion_class

from sync.cli.help import Command
from sync.cli.terminal import print_result

PROGRAM = "avi-sync"
VARIABLE = "_AVI_SYNC_COMPLETE"
"""The variable that makes click complete instead of run; its name follows from the program's."""


@click.command(
    "completion",
    cls=Command,
    examples=[
        "source <(avi-sync completion bash)   # in ~/.bashrc",
        'avi-sync completion zsh > "${fpath[1]}/_avi-sync"',
        "avi-sync completion fish > ~/.config/fish/completions/avi-sync.fish",
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete what you type."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"{shell} is not known")
    print_result(found(context.find_root().command, {}, PROGRAM, VARIABLE).source().strip())
