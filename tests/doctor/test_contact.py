"""The way to the Controller: certificate and clock."""

import email.utils
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from sync.controller.address import ControllerAddress
from sync.doctor.contact import make_contact
from sync.emulator import Emulator
from sync.model.checkup import Health
from tests.shared.scripted_controller import Answer, ScriptedController


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A Controller with TLS."""
    with Emulator(port=0, tls=True) as emulator:
        yield emulator


def found(address: ControllerAddress, clock: Callable[[], float] = time.time) -> dict[str, tuple[Health, str]]:
    """Check → health and message."""
    return {item.check: (item.health, item.message) for item in make_contact(address, clock).findings}


def test_a_trusted_certificate_is_told_with_its_end(emulator: Emulator) -> None:
    """And the clock is that of the Controller."""
    address = ControllerAddress(url=emulator.url, ca_bundle=str(emulator.ca_bundle))

    contact = make_contact(address, time.time)

    health = {item.check: item.health for item in contact.findings}
    assert health == {"connection": Health.OK, "certificate": Health.OK, "clock": Health.OK}
    assert abs(contact.now - time.time()) < 60
    assert "valid until Wed, 01 Jan 3000" in found(address)["certificate"][1]


def test_a_certificate_that_nobody_vouches_for_is_a_problem(emulator: Emulator) -> None:
    """With the option that names the authority."""
    contact = make_contact(ControllerAddress(url=emulator.url), time.time)

    (finding,) = contact.findings
    assert not contact.is_reached
    assert (finding.check, finding.health, finding.is_unreachable) == ("connection", Health.PROBLEM, True)
    assert "--ca-bundle" in finding.fix


def test_a_certificate_that_is_not_checked_is_a_warning(emulator: Emulator) -> None:
    """It works, and anybody in between can read the password."""
    address = ControllerAddress(url=emulator.url, is_verified=False)

    assert found(address)["certificate"][0] is Health.WARNING


def test_a_certificate_that_ends_soon_is_a_warning(serve: Callable[..., ScriptedController], tmp_path: Path) -> None:
    """Two weeks are enough to renew it, and easily forgotten."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=14))
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "server.key")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    renewable = serve((tmp_path / "server.pem", tmp_path / "server.key"))
    renewable.on("GET /api/initial-data", Answer(body={"version": {"Version": "30.2.1"}}))

    health, message = found(ControllerAddress(url=renewable.url, ca_bundle=str(tmp_path / "ca.pem")))["certificate"]

    assert health is Health.WARNING
    assert "valid until" in message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [pytest.param(300, "300 s ahead of", id="fast"), pytest.param(-300, "300 s behind", id="slow")],
)
def test_clocks_that_differ_are_a_warning(scripted: ScriptedController, seconds: int, words: str) -> None:
    """Which of the two is ahead is said, and what counts from there on is the Controller's."""
    date = email.utils.formatdate(1_800_000_000, usegmt=True)
    body = {"version": {"Version": "30.2.1"}}
    scripted.on("GET /api/initial-data", Answer(body=body, headers=(("Date", date),)))

    contact = make_contact(ControllerAddress(url=scripted.url), lambda: 1_800_000_000.0 + seconds)

    (clock,) = (item for item in contact.findings if item.check == "clock")
    assert clock.health is Health.WARNING
    assert words in clock.message
    assert contact.now == 1_800_000_000.0


def test_what_answers_and_is_no_controller_is_a_warning(scripted: ScriptedController) -> None:
    """A web server at that address: the login will tell for certain."""
    health, message = found(ControllerAddress(url=scripted.url))["connection"]

    assert health is Health.WARNING
    assert "(404) is not a Controller's" in message
