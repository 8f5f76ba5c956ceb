"""Scripted Controllers, and the command line against an emulated one."""

from collections.abc import Callable
from typing import Any

import pytest

from sync.controller.address import ControllerAddress, Login
from sync.controller.client import ControllerClient
from tests.controller.conftest import serve
from tests.shared.emulated_controller import cli, clock, controller, sync, tree
from tests.shared.scripted_controller import ScriptedController

__all__ = ["cli", "clock", "controller", "serve", "sync", "tree"]

Connect = Callable[..., ControllerClient]


@pytest.fixture
def scripted(serve: Callable[..., ScriptedController]) -> ScriptedController:
    """A Controller that answers what the test has written down."""
    return serve()


@pytest.fixture
def connect(scripted: ScriptedController) -> Connect:
    """A client of it, not yet entered."""

    def make(**arguments: Any) -> ControllerClient:
        return ControllerClient(ControllerAddress(url=scripted.url), Login(password="right"), **arguments)

    return make
