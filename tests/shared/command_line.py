"""The command line as a table."""

import click

from sync.cli import COMMANDS, commands


def every_command() -> dict[str, click.Command]:
    """Every command by what is typed for it, with those of groups."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = commands.get_command(click.Context(commands), name)
        assert command is not None
        below = command.commands if isinstance(command, click.Group) else {}
        found |= {name: command, **{f"{name} {each}": found for each, found in below.items()}}
    return found


def options_of(command: click.Command) -> list[click.Option]:
    """Its options, without those that every command has."""
    return [item for item in command.params if isinstance(item, click.Option)]


def every_variable() -> set[str]:
    """The variables of all options."""
    return {str(option.envvar) for command in every_command().values() for option in options_of(command)}
