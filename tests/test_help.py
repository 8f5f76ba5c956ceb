"""The help of every command: it fits on a screen, loses no option, and says in full what it only names at first."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync.cli import COMMANDS, SUMMARIES, commands
from sync.cli.help import Command
from tests.shared.command_line import every_command

COLUMNS, LINES = 80, 39
"""A terminal of 80 x 40, with a line left for the prompt."""


DESCRIBED = {typed: command for typed, command in every_command().items() if isinstance(command, Command)}


def help_of(typed: str, flag: str = "--help", *, color: bool = False) -> str:
    """What is printed on a terminal of 80 columns."""
    found = CliRunner().invoke(commands, [*typed.split(), flag], color=color, terminal_width=COLUMNS)
    assert found.exit_code == 0, found.output
    return found.output


@pytest.mark.parametrize("typed", ["", "version", "lock", *DESCRIBED])
def test_the_help_fits_on_a_screen(typed: str) -> None:
    """In lines and in columns."""
    lines = help_of(typed).splitlines()

    assert len(lines) <= LINES
    assert [line for line in lines if len(line) > COLUMNS] == []


def test_the_commands_fit_on_the_smallest_screen() -> None:
    """80 x 24."""
    assert len(help_of("").splitlines()) < 24


def test_a_misspelt_command_is_refused_with_the_nearest_name() -> None:
    """As a misspelt option is."""
    found = CliRunner().invoke(commands, ["stats"])

    assert found.exit_code == 2
    assert "No such command 'stats'. Did you mean 'status'?" in found.output


@pytest.mark.parametrize("typed", DESCRIBED)
def test_the_help_describes_common_options_and_names_the_others(typed: str) -> None:
    """Each common option has one line, which is not wrapped; none of the others is missing."""
    options = DESCRIBED[typed].options
    text = help_of(typed)

    described = re.findall(r"^  (?:-\w, )?(--[\w-]+).*  \S", text, re.MULTILINE)

    assert {option.opts[0] for option in options if option.is_common} == set(described)
    assert {option.opts[0] for option in options} <= set(re.findall(r"(?<![\w-])--?[a-z-]+", text))
    assert re.findall(r"^ {20,}\S.*", text.partition("Notifications:")[0], re.MULTILINE) == []  # no second line


@pytest.mark.parametrize("typed", [typed for typed, command in DESCRIBED.items() if command.options])
def test_the_full_help_describes_every_option(typed: str) -> None:
    """With its whole text and its variable."""
    options = DESCRIBED[typed].options

    text = " ".join(help_of(typed, "--help-all").split())

    assert [option.opts for option in options if str(option.envvar) not in text] == []
    assert [option.opts for option in options if " ".join((option.help or "-").split()) not in text] == []


@pytest.mark.parametrize("typed", DESCRIBED)
def test_the_groups_have_one_order(typed: str) -> None:
    """Wherever a command has them."""
    titles = re.findall(r"^(\w[\w ]+):", help_of(typed), re.MULTILINE)[1:]

    order = ["Options", "Source", "Controller", "Plan and guards", "Output", "Cluster", "Notifications", "Examples"]

    assert titles == [title for title in order if title in titles]


def test_the_help_lists_the_commands() -> None:
    """-h and --help are the same; each command stands there, with its line or in that of its opposite."""
    short, long = help_of("", "-h"), help_of("")

    listed = re.findall(r"^  ([a-z, ]+?)  +[A-Z]", long.partition("Commands:")[2], re.MULTILINE)

    assert short == long
    assert "Make an Avi Load Balancer follow a Git repository." in long
    assert [name for names in listed for name in names.split(", ")] == list(COMMANDS)
    assert all(f"{summary}\n" in long for summary in SUMMARIES.values())


@pytest.mark.parametrize("typed", DESCRIBED)
def test_the_examples_are_commands_of_ours(typed: str) -> None:
    """With options that the command of the example has."""
    for example in DESCRIBED[typed].examples:
        words = example.partition("#")[0].partition("avi-sync")[2].split()
        name = next((name for name in DESCRIBED if words[: len(name.split())] == name.split()), "sync")
        known = {spelled for parameter in DESCRIBED[name].params for spelled in parameter.opts}

        assert {word for word in words if word.startswith("-")} <= known


def test_titles_are_bold_on_a_terminal_and_nowhere_else() -> None:
    """Without a terminal the text is the same."""
    seen, piped = help_of("sync", color=True), help_of("sync")

    assert "\x1b[1mSource" in seen
    assert re.sub(r"\x1b\[[0-9;]*m", "", seen) == piped


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none_on_a_terminal(variable: str, value: str, tmp_path: Path) -> None:
    """NO_COLOR, and terminals that can show none."""
    leader, follower = os.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "xterm", variable: value}

    subprocess.run([sys.executable, "-m", "sync", "--help"], stdout=follower, env=environment, check=True)
    os.close(follower)

    assert b"\x1b" not in os.read(leader, 10_000)
    os.close(leader)
