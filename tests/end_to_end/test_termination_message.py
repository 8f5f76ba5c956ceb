"""What Kubernetes shows of a run that is over."""

from pathlib import Path

import pytest

from tests.shared.emulated_controller import Run
from tests.shared.tree import Tree, app, gateway


@pytest.fixture
def message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that Kubernetes reads."""
    file = tmp_path / "termination-log"
    file.touch()
    monkeypatch.setenv("SYNC_TERMINATION_LOG", str(file))
    return file


def test_success_is_one_line(sync: Run, tree: Tree, message: Path) -> None:
    """The counts, as the last line of the text has them."""
    tree.commit(web=app())

    printed = sync("-o", "text")

    assert message.read_text() == f"exit 0: 1 owner changed. {printed.last_line}\n"


def test_a_failure_names_what_is_wrong(sync: Run, tree: Tree, message: Path) -> None:
    """Verdict first, then one line per trouble, each with its place."""
    tree.commit(web=app(), odd=[gateway("odd", label_name="other")])

    sync()

    first, *rest = message.read_text().splitlines()
    assert first.startswith("exit 5: 1 owner changed; 1 owner is held. Applied: 4 create")
    assert len(rest) == 1
    assert rest[0].startswith("error: odd.yaml:")


def test_a_message_fits_into_what_kubernetes_keeps(sync: Run, tree: Tree, message: Path) -> None:
    """A hundred broken Gateways: those that do not fit are counted."""
    tree.commit(odd=[gateway(f"ödd{number}", label_name="other") for number in range(100)])

    sync()

    text = message.read_bytes()
    *told, last = text.decode().splitlines()
    assert len(text) <= 4096
    assert last == f"and {100 - len(told) + 1} more"
    assert len(told) > 10


def test_an_error_without_a_result_is_told(
    sync: Run, tree: Tree, message: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is refused."""
    monkeypatch.setenv("SYNC_PASSWORD", "wrong")

    result = sync()

    first, second, *rest = message.read_text().splitlines()
    assert (result.code, rest) == (6, [])
    assert first == "exit 6: Git or the Controller cannot be reached, or refused the login"
    assert "the Controller refused the login of admin" in second


def test_a_message_that_cannot_be_written_changes_nothing(
    sync: Run, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and the run ends as it would have."""
    monkeypatch.setenv("SYNC_TERMINATION_LOG", str(tmp_path / "missing" / "log"))
    tree.commit(web=app())

    result = sync()

    assert result.code == 0
    assert "the termination message could not be written" in result.err
