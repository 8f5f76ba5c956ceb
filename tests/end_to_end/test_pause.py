"""`pause` and `resume`: an engineer who works on a Gateway at night does not fight a cron job."""

from datetime import timedelta

import pytest

from sync.cli.pause import parse_duration
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app

POOL = "test--shop-web-svc-web-TCP-80"


def _pause(sync: Run, duration: str = "4h") -> None:
    assert sync("pause", "Gateway/shop/web", "--for", duration, "--reason", "draining, ask net-ops").code == 0


def test_a_paused_gateway_is_held_and_the_others_go_on(sync: Run, tree: Tree, controller: Controller) -> None:
    """The hand edit stays, the report says until when and why, another Gateway is changed."""
    tree.commit(web=app("web"), other=app("other"))
    sync()
    _pause(sync)
    controller.change("pool", POOL, sni_enabled=True)
    tree.commit(other=app("other", hostname="other.avi.internal"))
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, ["PUT vsvip"])
    (problem,) = [item for item in result.document["problems"] if item["severity"] == "error"]
    assert problem["message"].startswith("held: paused until 2")
    assert problem["message"].endswith("(draining, ask net-ops)")


def test_resume_gives_the_gateway_back(sync: Run, tree: Tree, controller: Controller) -> None:
    """The next run sets the hand edit back, and no mark is left."""
    tree.commit(web=app("web"))
    sync()
    _pause(sync)
    controller.change("pool", POOL, sni_enabled=True)

    resumed = sync("resume", "gateway/shop/web")
    after = sync()

    assert (resumed.code, after.code, after.document["summary"]["update"]) == (0, 0, 1)
    assert "PausedUntil" not in str(controller.find("virtualservice", "test--shop-web")["markers"])


def test_a_pause_that_is_over_is_taken_off(sync: Run, tree: Tree, controller: Controller) -> None:
    """The run after it finds a mark that means nothing any more, and removes it."""
    tree.commit(web=app("web"))
    sync()
    live = controller.find("virtualservice", "test--shop-web")
    marks = [*live["markers"], {"key": "PausedUntil", "values": ["2020-01-01T00:00:00+00:00", "long ago"]}]
    controller.change("virtualservice", "test--shop-web", markers=marks)

    result = sync()

    assert (result.code, result.document["summary"]["update"]) == (0, 1)
    assert sync().document["changes"] == []


def test_a_time_that_nobody_can_read_pauses(sync: Run, tree: Tree, controller: Controller) -> None:
    """Never delete on doubt: somebody meant something."""
    tree.commit(web=app("web"), other=app("other"))
    sync()
    live = controller.find("virtualservice", "test--shop-web")
    marks = [*live["markers"], {"key": "PausedUntil", "values": ["tomorrow"]}]
    controller.change("virtualservice", "test--shop-web", markers=marks)
    tree.commit(web=None)
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, [])


def test_a_pause_needs_no_change_window(sync: Run, tree: Tree, controller: Controller) -> None:
    """It is what makes a run harmless; a closed window must not stop it."""
    tree.commit(web=app("web"))
    sync()
    closed = {"days": ["Mon"], "from": "00:00", "to": "00:01"}
    tree.write({"values.yaml": [{**VALUES, "SyncSettings": {"windows": [closed]}}]})
    tree.commit()

    _pause(sync)

    assert "PausedUntil" in str(controller.find("pool", POOL)["markers"])


def test_pausing_twice_changes_the_time_only(sync: Run, tree: Tree, controller: Controller) -> None:
    """The second pause replaces the first one."""
    tree.commit(web=app("web"))
    sync()

    _pause(sync, "1h")
    _pause(sync, "2d")

    marks = [mark for mark in controller.find("pool", POOL)["markers"] if mark["key"] == "PausedUntil"]
    assert len(marks) == 1


def test_an_owner_that_is_not_there_cannot_be_paused(sync: Run, tree: Tree) -> None:
    """Neither in Git nor live, or in Git and not live yet: both are said."""
    tree.commit(web=app("web"))

    unknown = sync("pause", "Gateway/shop/wbe", "--for", "1h", "--reason", "x")
    absent = sync("pause", "Gateway/shop/web", "--for", "1h", "--reason", "x")

    assert (unknown.code, absent.code) == (64, 64)
    assert "did you mean" in unknown.err
    assert "Gateway shop/web has no live objects" in absent.err


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30m", timedelta(minutes=30)),
        ("4h", timedelta(hours=4)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
    ],
)
def test_durations_are_written_as_people_do(text: str, span: timedelta) -> None:
    """Days, hours and minutes, in this order."""
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "4", "h", "-1h", "0m", "4 hours", "99999d"])
def test_what_is_no_duration_is_told(sync: Run, text: str) -> None:
    """A usage error names the form."""
    result = sync("pause", "Gateway/shop/web", "--for", text, "--reason", "x")

    assert (result.code, "write it as 30m, 4h, 2d or 1h30m" in result.err) == (64, True)
