"""Write docs/reference.md: every command, option, setting and exit code, from the code itself.

usage: python tools/make_reference.py [--check]
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter

from sync.cli import COMMANDS, commands
from sync.cli.help import Option, grouped
from sync.errors import MEANINGS, PRECEDENCE
from sync.model.settings import Settings

TARGET = Path(__file__).parent.parent / "docs" / "reference.md"
HEAD = """# Reference

<!-- made by tools/make_reference.py from the code: do not edit -->

What the settings mean is in [usage.md](usage.md), how to run in [running.md](running.md).
"""

VARIABLES = {
    "SYNC_GIT_TOKEN": "Token for `https://` repositories.",
    "SYNC_PASSWORD": "Password of the account on the Controller.",
    "SYNC_TOKEN": "User token for the Controller, instead of the password.",
    "SYNC_GITHUB_TOKEN": "Token for the comment on a pull request; else `GITHUB_TOKEN` is read.",
    "SYNC_WEBHOOK_URL": "Address that `--webhook-url-file` would hold.",
    "SYNC_STATE_DIR": "Folder for the state of the embedded emulator, and for what a run remembers of the last one.",
    "SYNC_TERMINATION_LOG": "File for the last lines of a run; Kubernetes shows `/dev/termination-log`.",
    "AVI_EMULATOR_PASSWORD": "Password of the emulator's user `admin`.",
}
"""What is read from the environment and has no option: secrets, and places that a machine sets once."""


def main() -> int:
    """Write the page, or with --check tell whether it is current."""
    text = reference()
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.read_text("utf-8") == text else 1
    TARGET.write_text(text, "utf-8")
    return 0


def reference() -> str:
    """The page."""
    return "\n".join([HEAD, *_commands(), *_variables(), *_settings(), *_exit_codes()])


# --- commands ---------------------------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    for name in COMMANDS:
        context = click.Context(commands, info_name="avi-sync")
        yield from _command(name, commands.get_command(context, name), context)


def _command(name: str, command: click.Command | None, parent: click.Context) -> Iterator[str]:
    if command is None:
        raise LookupError(f"the table of commands names {name}, and there is none")
    yield f"### avi-sync {name}\n"
    yield f"{' '.join((command.help or '').split())}\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(parent):
            yield from _command(f"{name} {each}", command.get_command(parent, each), parent)
        return
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    if arguments:
        words = (argument.make_metavar(parent) for argument in arguments)
        yield f"```\navi-sync {name} {' '.join(words)}\n```\n"
    for group, options in grouped(parameter for parameter in command.params if isinstance(parameter, Option)):
        yield f"{group}:\n"
        yield "| Option | Variable | Default | |\n|---|---|---|---|"
        yield from (_option(option, parent) for option in options)
        yield ""


def _option(option: Option, context: click.Context) -> str:
    names = ", ".join(f"`{each}`" for each in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {_escaped(option.make_metavar(context))}"
    variable = f"`{option.envvar}`" if option.envvar else ""
    return f"| {names}{value} | {variable} | {_default(option)} | {_escaped(option.help or '')} |"


def _default(option: Option) -> str:
    if option.required:
        return "required"
    if (
        option.is_flag
        or option.multiple
        or option.default in (None, "")
        or not isinstance(option.default, str | int | float)
    ):
        return ""
    return f"`{option.default}`"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _variables() -> Iterator[str]:
    yield "## Variables without an option\n"
    yield "| Variable | |\n|---|---|"
    yield from (f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items())
    yield ""


# --- settings ---------------------------------------------------------------------------------------------------------


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield "Every key that `values.yaml` may have. Those without a type are AKO's own and have no effect here.\n"
    yield "| Key | Type | Default |\n|---|---|---|"
    schema = TypeAdapter(Settings).json_schema(by_alias=True)
    yield from _rows(schema, schema["$defs"], "")
    yield ""


def _rows(schema: Mapping[str, Any], known: Mapping[str, Any], above: str) -> Iterator[str]:
    required = schema.get("required", ())
    for key, described in schema.get("properties", {}).items():
        path = f"{above}.{key}" if above else key
        whole = _resolved(described, known)
        if whole.get("properties"):
            yield from _rows(whole, known, path)
        elif (items := _resolved(whole.get("items", {}), known)).get("properties"):
            yield from _rows(items, known, f"{path}[]")
        else:
            default = "required" if key in required else _value(described.get("default"))
            yield f"| `{path}` | {_escaped(_type(whole))} | {default} |"


def _resolved(described: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference refers to, and of a choice what is not null."""
    for choice in (*described.get("anyOf", ()), *described.get("allOf", ())):
        if choice.get("type") != "null":
            return _resolved(choice, known)
    reference = str(described.get("$ref", "")).rpartition("/")[2]
    return known[reference] if reference else described


def _type(whole: Mapping[str, Any]) -> str:
    if "enum" in whole:
        return " or ".join(f"`{value}`" if value else "nothing" for value in whole["enum"])
    if "const" in whole:
        return f"`{whole['const']}`"
    name = {"boolean": "true or false", "array": "list", "string": "text", "integer": "number"}.get(
        str(whole.get("type", "")), str(whole.get("type", ""))
    )
    low, high = whole.get("minimum"), whole.get("maximum")
    if low is not None and high is not None:
        return f"{name} from {low} to {high}"
    return f"{name} from {low} on" if low is not None else name


def _value(default: Any) -> str:
    if default in (None, "", [], {}):
        return ""
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


# --- exit codes -------------------------------------------------------------------------------------------------------


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield "| Code | Meaning |\n|---:|---|"
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items())
    yield f"\nWhere several apply, the first of {', '.join(str(int(code)) for code in PRECEDENCE)} is taken.\n"


if __name__ == "__main__":
    sys.exit(main())
