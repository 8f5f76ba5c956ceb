"""An emulator to talk to, and clients that are logged in."""

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts emulators, with the arguments of `Emulator`; they are stopped when the test ends."""
    started: list[Emulator] = []

    def start_one(**arguments: Any) -> Emulator:
        started.append(Emulator(**arguments).start())
        return started[-1]

    yield start_one
    for emulator in started:
        emulator.stop()


@pytest.fixture
def emulator(start: Start) -> Emulator:
    """One without a seed."""
    return start()


@pytest.fixture
def log_in() -> Iterator[LogIn]:
    """Logs in and gives a client that sends what the official ones send; `version=None` sends none."""
    clients: list[httpx.Client] = []

    def log_in_once(
        emulator: Emulator, *, tenant: str = "admin", version: str | None = "30.2.1", password: str = "emulator"
    ) -> httpx.Client:
        trust = ssl.create_default_context(cafile=emulator.ca_bundle) if emulator.ca_bundle else False
        client = httpx.Client(base_url=emulator.url, verify=trust)
        clients.append(client)
        credentials = {"username": "admin", "password": password}
        client.post("/login", json=credentials).raise_for_status()
        token = client.cookies["csrftoken"]
        client.headers.update({"X-Avi-Tenant": tenant, "X-CSRFToken": token, "Referer": emulator.url})
        if version is not None:
            client.headers["X-Avi-Version"] = version
        return client

    yield log_in_once
    for client in clients:
        client.close()


@pytest.fixture
def api(emulator: Emulator, log_in: LogIn) -> httpx.Client:
    """A client of the emulator without a seed, in tenant admin."""
    return log_in(emulator)
