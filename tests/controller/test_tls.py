"""Whose certificate is trusted, and what is said of one that is not."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.errors import UnreachableError, UsageError
from tests.shared.scripted_controller import ScriptedController

Serve = Callable[..., ScriptedController]

LOGIN = Login(password="right")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the certificates."""
    return trustme.CA()


@pytest.fixture
def serve_tls(tmp_path: Path, authority: trustme.CA, serve: Serve) -> Callable[..., ScriptedController]:
    """A Controller with a certificate for the given name."""

    def start(name: str = "127.0.0.1", *, not_after: datetime | None = None) -> ScriptedController:
        certificate = authority.issue_cert(name, not_after=not_after)
        certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
        certificate.private_key_pem.write_to_path(tmp_path / "server.key")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        return serve((tmp_path / "server.pem", tmp_path / "server.key"))

    return start


def test_a_certificate_of_a_named_authority_is_trusted(
    serve_tls: Callable[..., ScriptedController], tmp_path: Path
) -> None:
    """With --ca-bundle a Controller that this authority vouches for is talked to."""
    controller = serve_tls()
    address = ControllerAddress(url=controller.url, ca_bundle=str(tmp_path / "ca.pem"))

    with ControllerClient(address, LOGIN) as client:
        version = client.version

    assert version == "30.2.1"


@pytest.mark.parametrize(
    ("name", "is_expired", "has_bundle", "message", "fix"),
    [
        pytest.param("127.0.0.1", False, False, "is not trusted", "--ca-bundle", id="unknown authority"),
        pytest.param(
            "127.0.0.2", False, True, "is for another address", "in the Controller's certificate", id="other address"
        ),
        pytest.param("127.0.0.1", True, True, "has expired", "renew", id="expired"),
    ],
)
def test_a_bad_certificate_is_one_clear_error(
    serve_tls: Callable[..., ScriptedController],
    tmp_path: Path,
    name: str,
    is_expired: bool,
    has_bundle: bool,
    message: str,
    fix: str,
) -> None:
    """A certificate that cannot be trusted ends the run before a password is sent, and says why."""
    controller = serve_tls(name, not_after=datetime.now(UTC) - timedelta(days=1) if is_expired else None)
    address = ControllerAddress(url=controller.url, ca_bundle=str(tmp_path / "ca.pem") if has_bundle else "")

    with (
        pytest.raises(UnreachableError, match=f"certificate of {controller.url} {message}") as failed,
        ControllerClient(address, LOGIN),
    ):
        pass

    assert fix in failed.value.fix
    assert controller.seen == []


def test_the_way_out_that_is_safe_comes_first(serve_tls: Callable[..., ScriptedController]) -> None:
    """For an unknown authority the error names --ca-bundle before --insecure-skip-verify."""
    controller = serve_tls()

    with (
        pytest.raises(UnreachableError) as failed,
        ControllerClient(ControllerAddress(url=controller.url), LOGIN),
    ):
        pass

    assert failed.value.fix.index("--ca-bundle") < failed.value.fix.index("--insecure-skip-verify")


def test_without_verification_any_certificate_will_do(
    serve_tls: Callable[..., ScriptedController], caplog: pytest.LogCaptureFixture
) -> None:
    """With --insecure-skip-verify the Controller is talked to, and the log warns."""
    controller = serve_tls("elsewhere.example")
    caplog.set_level(logging.WARNING)

    with ControllerClient(ControllerAddress(url=controller.url, is_verified=False), LOGIN) as client:
        version = client.version

    assert version == "30.2.1"
    assert [record.getMessage() for record in caplog.records] == [f"event=unverified url={controller.url}"]


def test_plain_http_where_tls_is_spoken_to(controller: ScriptedController) -> None:
    """A port that answers without TLS is named as such."""
    url = controller.url.replace("http:", "https:")

    with (
        pytest.raises(UnreachableError, match=f"{url} does not speak TLS"),
        ControllerClient(ControllerAddress(url=url), LOGIN),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "message"),
    [pytest.param(None, "cannot be read", id="no file"), pytest.param("oops", "contains no certificate", id="no PEM")],
)
def test_a_bad_bundle_is_a_usage_error(tmp_path: Path, content: str | None, message: str) -> None:
    """A CA bundle that cannot be used is an error that names the file."""
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    address = ControllerAddress(url="https://127.0.0.1", ca_bundle=str(bundle))

    with pytest.raises(UsageError, match=message) as refused:
        ControllerClient(address, LOGIN)

    assert refused.value.where == str(bundle)


def test_an_unknown_host_name_is_one_clear_error() -> None:
    """A name that nobody knows is named."""
    address = ControllerAddress(url="https://unknown.invalid", timeout_seconds=5)

    with (
        pytest.raises(UnreachableError, match=r'host name "unknown\.invalid" is not known'),
        ControllerClient(address, LOGIN),
    ):
        pass
