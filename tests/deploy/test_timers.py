"""The unit, the timer and the crontab: they are well formed, and what they start is quiet unless there is something."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.errors import ExitCode
from tests.shared.command_line import every_command, options_of
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
SERVICE = DEPLOY / "systemd" / "avi-sync.service"
TIMER = DEPLOY / "systemd" / "avi-sync.timer"
CRONTAB = DEPLOY / "cron" / "avi-sync"
ENVIRONMENT = DEPLOY / "environment.example"
COMMAND = "/usr/local/bin/avi-sync"


def directives(unit: Path, name: str) -> list[str]:
    """The values of a directive, which a unit may have several times."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text("utf-8"), flags=re.MULTILINE)


def settings_in(text: str) -> dict[str, str]:
    """What stands as NAME=value on lines of their own."""
    return dict(re.findall(r"^(SYNC_[A-Z_]+)=(.*)$", text, flags=re.MULTILINE))


def variables() -> Iterator[str]:
    """Every variable of ours that the files set or propose."""
    for file in (SERVICE, CRONTAB, ENVIRONMENT):
        yield from re.findall(r"\b(SYNC_[A-Z_]+)=", file.read_text("utf-8"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", [SERVICE, TIMER], ids=lambda unit: unit.name)
def test_systemd_understands_the_units(unit: Path, tmp_path: Path) -> None:
    """Without a warning; the program that is started is one that is here."""
    for file in (SERVICE, TIMER):
        text = file.read_text("utf-8").replace(COMMAND, str(Path(sys.executable).with_name("avi-sync")))
        (tmp_path / file.name).write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_timer_goes_off_every_ten_minutes() -> None:
    """As systemd reads its calendar."""
    (calendar,) = directives(TIMER, "OnCalendar")

    done = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=2", calendar], capture_output=True, text=True, check=True
    )

    minutes = [int(minute) for minute in re.findall(r"\d\d:(\d\d):\d\d \S+$", done.stdout, flags=re.MULTILINE)]
    assert minutes
    assert all(minute % 10 == 0 for minute in minutes)


def test_every_option_and_variable_is_one_of_avi_sync() -> None:
    """A misspelt one would be an error at night, or a default in silence."""
    of_sync = options_of(every_command()["sync"])
    options = {name for option in of_sync for name in option.opts}
    known = {str(option.envvar) for option in of_sync} | {"SYNC_STATE_DIR"}
    started = [directives(SERVICE, "ExecStart")[0], CRONTAB.read_text().splitlines()[-1]]

    flags = {flag for line in started for flag in re.findall(r"--[a-z-]+", line.partition(COMMAND)[2])}

    assert flags <= options
    assert set(variables()) <= known


def test_a_lock_that_another_run_has_is_no_failure_of_the_unit() -> None:
    """The other run does the work; every other exit code but 0 is a failure."""
    assert directives(SERVICE, "SuccessExitStatus") == [str(int(ExitCode.LOCKED))]


def test_the_crontab_is_one_line_of_five_fields_a_user_and_a_command() -> None:
    """In /etc/cron.d a user stands before the command, and a percent sign would end it."""
    *_, line = CRONTAB.read_text("utf-8").splitlines()

    fields = line.split(maxsplit=6)

    assert fields[:6] == ["*/10", "*", "*", "*", "*", "avi-sync"]
    assert "%" not in line
    assert shlex.split(fields[6])[-2:] == [COMMAND, "--quiet"]


def test_the_environment_is_read_alike_by_systemd_and_by_the_shell() -> None:
    """Nothing in it means something else to one of them."""
    lines = [line for line in ENVIRONMENT.read_text("utf-8").splitlines() if line and not line.startswith("#")]

    assert all(re.fullmatch(r"[A-Z_]+=[\w./:@-]+", line) for line in lines)


def test_what_the_unit_starts_is_quiet_unless_something_changes(
    cli: Run, tree: Tree, controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for the first run, nothing at all for the second."""
    tree.commit(web=app())
    (tmp_path / "password").write_text("emulator\n")
    (tmp_path / "git-token").write_text("unused\n")
    places = {"SYNC_SOURCE": f"file://{tree.folder}", "SYNC_CONTROLLER": controller.url, "SYNC_USERNAME": "admin"}
    settings = settings_in("\n".join(directives(SERVICE, "Environment"))) | settings_in(ENVIRONMENT.read_text())
    for name, value in settings.items():
        monkeypatch.setenv(name, places.get(name, re.sub("^%[dCS]", str(tmp_path), value)))
    monkeypatch.setenv("SYNC_PATH", "")
    program, *arguments = shlex.split(directives(SERVICE, "ExecStart")[0])

    first, second = cli(*arguments), cli(*arguments)

    assert program == COMMAND
    assert (first.code, first.err, first.out.count("\n")) == (0, "", 1)
    assert first.out.startswith("Applied: 4 create")
    assert (second.code, second.err, second.out) == (0, "", "")
