"""How the help of a command is laid out: options in named groups, the common ones first.

`--help` fits on a screen: it describes each common option in one line and only names the others. `--help-all` describes
every option in full, with its variable, default and range.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What adds parameters to the function of a command."""


class Group(StrEnum):
    """The groups of options, in the order in which help lists them."""

    OWN = "Options"
    SOURCE = "Source"
    CONTROLLER = "Controller"
    PLAN = "Plan and guards"
    OUTPUT = "Output"
    CLUSTER = "Cluster"
    NOTIFICATIONS = "Notifications"


class Option(click.Option):
    """An option in a group of the help. The first sentence of its text must say on its own what the option does."""

    def __init__(self, *names: Any, is_common: bool = False, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.group = Group.OWN
        self.is_common = is_common

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Its names, and what it does: in full, or in one line."""
        record = super().get_help_record(ctx)
        if record is None or _is_full(ctx):
            return record
        extra = self.get_help_extra(ctx)
        note = "required" if "required" in extra else f"default: {extra['default']}" if "default" in extra else ""
        text = (self.help or "").partition(". ")[0].rstrip(".")
        return record[0], f"{text}  [{note}]" if note else text


def grouped(options: Iterable[Option]) -> Iterator[tuple[Group, list[Option]]]:
    """The options by group, the common ones of each group first."""
    order = list(Group)
    ranked = sorted(options, key=lambda option: (order.index(option.group), not option.is_common))
    for group, members in groupby(ranked, key=lambda option: option.group):
        yield group, list(members)


def _is_full(ctx: click.Context) -> bool:
    """Whether the help of this call describes every option in full."""
    return bool(ctx.meta.get("sync.help_all"))


def _show_all(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value:
        ctx.meta["sync.help_all"] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


_HELP_ALL = click.Option(["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=_show_all)


class Command(click.Command):
    """A command with options in groups and, at the end of its help, examples: one in each line."""

    def __init__(self, *args: Any, examples: Sequence[str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.examples = examples

    @property
    def options(self) -> list[Option]:
        """Those of the command itself, without the two that show help."""
        return [parameter for parameter in self.params if isinstance(parameter, Option)]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """With `--help-all` beside `--help`, unless there is nothing to describe."""
        return [*super().get_params(ctx), _HELP_ALL] if self.options else super().get_params(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A section for each group, or a line where none of its options is described. Names take the same width."""
        records = {
            option: option.get_help_record(ctx) or ("", "")
            for option in self.options
            if option.is_common or _is_full(ctx)
        }
        width = min(30, max((len(names) for names, _ in records.values()), default=0))
        is_line = False
        for group, options in grouped(self.options):
            rows = [(records[option][0].ljust(width), records[option][1]) for option in options if option in records]
            others = [option.opts[0] for option in options if option not in records]
            title = click.style(group, bold=True)
            before, is_line = is_line, not rows
            if is_line:
                gap = "" if before else "\n"
                formatter.write(f"{gap}{title}: {_listed(others, formatter.width, len(group) + 2)}")
                continue
            with formatter.section(title):
                formatter.write_dl(rows)
                if others:
                    formatter.write(f"  also: {_listed(others, formatter.width, len('  also: '))}")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples; the last one shows the rest of the help."""
        with formatter.section(click.style("Examples", bold=True)):
            for example in self.examples:
                formatter.write(f"  {example}\n")
            if self.options and not _is_full(ctx):
                formatter.write(f"  {ctx.command_path} --help-all   # all options, with their variables\n")


def _listed(names: Sequence[str], width: int, indent: int) -> str:
    """Lines that name these options, each unbroken, the first of them indented already."""
    text = textwrap.fill(
        ", ".join(names), width, initial_indent=" " * indent, subsequent_indent=" " * indent, break_on_hyphens=False
    )
    return f"{text[indent:]}\n"


def together(*decorators: Decorator) -> Decorator:
    """All of these decorators as one; the help lists their options in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for each in reversed(decorators):
            function = each(function)
        return function

    return decorate


def _changing(decorate: Decorator, change: Callable[[Option], None]) -> Decorator:
    """The same decorator, with this change to each option that it adds."""

    def changed(function: Callable[..., Any]) -> Callable[..., Any]:
        known = len(getattr(function, "__click_params__", ()))
        function = decorate(function)
        for parameter in getattr(function, "__click_params__", ())[known:]:
            change(parameter)
        return function

    return changed


def group(title: Group, *options: Decorator) -> Decorator:
    """These options, listed in that group of the help."""

    def put(option: Option) -> None:
        option.group = title

    return _changing(together(*options), put)


def not_required(decorate: Decorator) -> Decorator:
    """The same options, none of them required: the command can do without, or knows the value from elsewhere."""

    def relax(option: Option) -> None:
        option.required = False

    return _changing(decorate, relax)
