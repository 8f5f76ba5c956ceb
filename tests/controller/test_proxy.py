"""Proxies of the environment: for Controllers elsewhere, not for one on this machine."""

from collections.abc import Callable

import pytest

from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.errors import UnreachableError
from tests.shared.scripted_controller import ScriptedController

Connect = Callable[..., ControllerClient]

CONTROLLER = ControllerAddress(url="https://controller.invalid", timeout_seconds=5)


@pytest.fixture(autouse=True)
def _no_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine of the test says about proxies does not count."""
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_this_machine_is_reached_directly(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Controller on loopback is talked to without the proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    with connect() as client:
        version = client.version

    assert version == "30.2.1"


def test_a_proxy_that_refuses_is_named(controller: ScriptedController, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Controller elsewhere is reached through the proxy, which is named if it does not let us through."""
    monkeypatch.setenv("HTTPS_PROXY", controller.url)

    with (
        pytest.raises(UnreachableError, match="the proxy refused the connection") as failed,
        ControllerClient(CONTROLLER, Login(password="right")),
    ):
        pass

    assert "NO_PROXY" in failed.value.fix


def test_exceptions_from_the_proxy_count(controller: ScriptedController, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that NO_PROXY names is looked up directly."""
    monkeypatch.setenv("HTTPS_PROXY", controller.url)
    monkeypatch.setenv("NO_PROXY", "invalid")

    with (
        pytest.raises(UnreachableError, match="is not known"),
        ControllerClient(CONTROLLER, Login(password="right")),
    ):
        pass

    assert controller.seen == []
