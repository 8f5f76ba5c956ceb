"""A message on a change of state, not on every run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.listener import Listener
from tests.shared.emulated_controller import Controller, Run
from tests.shared.schemas import closed, published
from tests.shared.tree import Tree, app, gateway

ODD = [gateway("odd", label_name="other")]
"""A Gateway that is held."""


VALIDATOR = Draft202012Validator(closed(published("message")))


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Where the webhook leads to."""
    with Listener() as listener:
        monkeypatch.setenv("SYNC_WEBHOOK_URL", f"{listener.url}/T00/secret-part")
        yield listener


def events(chat: Listener) -> list[str]:
    """What was told, in order; each message follows the published schema."""
    assert [error.message for heard in chat.heard for error in VALIDATOR.iter_errors(heard.document)] == []
    return [heard.document["event"] for heard in chat.heard]


def test_a_failure_and_the_recovery_are_told_once_each(sync: Run, tree: Tree, chat: Listener) -> None:
    """Good, good, bad, bad, good: two messages."""
    tree.commit(web=app())
    codes = [sync().code, sync().code]
    commit = tree.commit(odd=ODD)
    codes += [sync().code, sync().code]
    tree.commit(odd=None)
    codes += [sync().code]

    first = chat.heard[0].document
    assert codes == [0, 0, 5, 5, 0]
    assert events(chat) == ["failing", "recovered"]
    assert (first["before"], first["now"], first["exit_code"], first["commit"]) == ("in sync", "failing", 5, commit)
    assert first["text"].startswith("avi-sync 127.0.0.1: failing. exit 5: No object changes; 1 owner is held. ")
    assert any("odd.yaml" in problem for problem in first["problems"])


def test_drift_is_told_and_so_is_its_end(sync: Run, tree: Tree, controller: Controller, chat: Listener) -> None:
    """Somebody takes a pool's servers away; a dry run sees it, a run that writes puts it right."""
    tree.commit(web=app())
    sync()
    controller.change("pool", "test--shop-web-svc-web-TCP-80", servers=[])

    sync("--dry-run")
    sync("--dry-run")
    sync()

    assert events(chat) == ["drift", "recovered"]
    assert chat.heard[0].document["changes"] == {"create": 0, "update": 1, "replace": 0, "delete": 0}
    assert chat.heard[0].document["dry_run"] is True


def test_the_first_run_tells_failures_only(
    sync: Run, tree: Tree, chat: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a first deployment everything differs: that is no drift. A failure is worth a message at any time."""
    tree.commit(web=app())

    sync("--dry-run")
    quiet = events(chat)
    monkeypatch.setenv("SYNC_STATE_DIR", str(tmp_path / "other"))
    tree.commit(values="no: settings")
    sync()

    assert quiet == []
    assert events(chat) == ["failing"]
    assert chat.heard[0].document["before"] is None


def test_a_message_that_did_not_arrive_is_sent_again_by_the_next_run(sync: Run, tree: Tree, chat: Listener) -> None:
    """The webhook is down while the first failure happens."""
    tree.commit(odd=ODD)
    chat.status = 503

    first = sync()
    chat.status = 204
    second = sync()
    third = sync()

    assert [result.code for result in (first, second, third)] == [3, 3, 3]
    assert events(chat) == ["failing", "failing"]
    assert "warning: the webhook at 127.0.0.1 answered 503" in first.err
    assert "warning" not in second.err


def test_an_error_that_ends_the_run_is_told(
    sync: Run, tree: Tree, chat: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No password is set: the run has no result, the message has the reason."""
    tree.commit(web=app())
    monkeypatch.delenv("SYNC_PASSWORD")

    result = sync()

    assert result.code == 64
    assert "exit 64" in chat.heard[0].document["text"]
    assert "no password and no token" in chat.heard[0].document["problems"][0]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param("http://127.0.0.1:9/secret-part", "the webhook at 127.0.0.1 cannot be reached", id="nobody there"),
        pytest.param("secret-part", "the address of the webhook is no http:// or https:// URL", id="no URL"),
        pytest.param("http://[secret-part", "the address of the webhook is no http:// or https:// URL", id="broken"),
    ],
)
def test_a_webhook_that_cannot_be_told_is_said_without_its_secret(
    sync: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    """Who has the address may write there, so it is not shown; the run ends as it would have."""
    monkeypatch.setenv("SYNC_WEBHOOK_URL", address)
    tree.commit(odd=ODD)

    result = sync()

    assert result.code == 3
    assert said in result.err
    assert "secret-part" not in result.err + result.out


def test_the_address_may_stand_in_a_file(
    sync: Run, tree: Tree, chat: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with every secret; a file that is not there is said."""
    file = tmp_path / "webhook"
    file.write_text(f"{chat.url}/from-file\n")
    monkeypatch.delenv("SYNC_WEBHOOK_URL")
    tree.commit(odd=ODD)

    sync("--webhook-url-file", str(file))
    missing = sync("--webhook-url-file", str(tmp_path / "nowhere"))

    assert [heard.path for heard in chat.heard] == ["/from-file"]
    assert missing.code == 3
    assert "nowhere" in missing.err


def test_runs_with_other_places_do_not_know_of_each_other(sync: Run, tree: Tree, chat: Listener) -> None:
    """A dry run of a branch that is broken says nothing about main, nor does main about the branch."""
    tree.commit(web=app())
    sync()
    tree.git("switch", "--quiet", "--create", "broken")
    tree.commit(values="no: settings")
    tree.git("switch", "--quiet", "main")

    sync("--dry-run", "--ref", "broken")
    sync()

    assert events(chat) == ["failing"]


def test_without_anybody_to_tell_nothing_is_kept(sync: Run, tree: Tree, tmp_path: Path) -> None:
    """A person at a terminal leaves no trace but the lock of the machine."""
    tree.commit(web=app())

    sync()

    assert [path.name for path in (tmp_path / "state").iterdir()] == ["locks"]
