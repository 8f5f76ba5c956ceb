"""A scripted Controller, and clients of it that do not wait between repetitions."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.emulator import Emulator
from sync.timing import Timing
from tests.controller.workshop import Workshop
from tests.shared.emulated_controller import SEED
from tests.shared.scripted_controller import ScriptedController

Connect = Callable[..., ControllerClient]


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedController]]:
    """Starts scripted Controllers, which stop with the test."""
    started: list[ScriptedController] = []

    def start(tls: tuple[Path, Path] | None = None) -> ScriptedController:
        started.append(ScriptedController(tls))
        return started[-1]

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def controller(serve: Callable[..., ScriptedController]) -> ScriptedController:
    """One without TLS."""
    return serve()


@pytest.fixture
def slept() -> list[float]:
    """How long clients would have waited between repetitions."""
    return []


@pytest.fixture
def connect(controller: ScriptedController, slept: list[float]) -> Connect:
    """A client of the Controller, not yet entered; arguments as those of ControllerClient."""

    def make(
        url: str = "", login: Login | None = None, *, timeout_seconds: float = 5.0, **arguments: Any
    ) -> ControllerClient:
        address = ControllerAddress(url=url or controller.url, timeout_seconds=timeout_seconds)
        arguments = {"timing": Timing(sleep=slept.append)} | arguments
        return ControllerClient(address, login or Login(password="right"), **arguments)

    return make


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """An emulated Controller with the networks of the end-to-end tests."""
    log = tmp_path / "requests.jsonl"
    log.touch()
    with Emulator(port=0, requests_log=log, seed=SEED) as emulator:
        yield Workshop(emulator=emulator, log=log)
