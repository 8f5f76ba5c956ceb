"""Where the Controller is."""

import pytest

from sync.controller.client import ControllerAddress, Login
from sync.errors import UsageError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("https://10.0.0.1", "https://10.0.0.1", id="as it is"),
        pytest.param("10.0.0.1", "https://10.0.0.1", id="bare address"),
        pytest.param("avi.example.com:9443", "https://avi.example.com:9443", id="bare name with port"),
        pytest.param(" https://Avi.Example.com/ ", "https://avi.example.com", id="spaces, capitals, slash"),
        pytest.param("http://127.0.0.1:9443", "http://127.0.0.1:9443", id="plain http to this machine"),
        pytest.param("http://localhost:80", "http://localhost:80", id="plain http to localhost"),
        pytest.param("http://[::1]:9443", "http://[::1]:9443", id="plain http to IPv6 loopback"),
        pytest.param("2001:db8::1", "https://[2001:db8::1]", id="bare IPv6"),
    ],
)
def test_address_is_an_origin(given: str, expected: str) -> None:
    """An address is kept as scheme, host and port, with https where no scheme is given."""
    address = ControllerAddress(url=given)

    assert expected == address.url


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param("http://10.0.0.1", "in the clear", id="plain http to elsewhere"),
        pytest.param("http://127.0.0.1.example.com", "in the clear", id="a name that begins like loopback"),
        pytest.param("https://10.0.0.1/api", "more than a host", id="path"),
        pytest.param("https://10.0.0.1?x=1", "more than a host", id="query"),
        pytest.param("https://10.0.0.1#x", "more than a host", id="fragment"),
        pytest.param("ftp://10.0.0.1", "neither https nor http", id="scheme"),
        pytest.param("https://", "names no host", id="no host"),
        pytest.param("", "names no host", id="empty"),
        pytest.param("https://a b", "names no host", id="space in the host"),
        pytest.param("https://10.0.0.1:port", "not a URL", id="port that is no number"),
        pytest.param("https://[::1", "not a URL", id="open bracket"),
    ],
)
def test_bad_address_is_a_usage_error(given: str, message: str) -> None:
    """An address that is more or less than an origin is refused with a fix."""
    with pytest.raises(UsageError, match=message) as refused:
        ControllerAddress(url=given)

    assert refused.value.fix


@pytest.mark.parametrize("given", ["https://admin:canary@10.0.0.1", "admin:canary@10.0.0.1", "https://canary@h:x"])
def test_credentials_in_an_address_are_refused_and_not_shown(given: str) -> None:
    """A password in an address is an error that does not repeat it."""
    with pytest.raises(UsageError) as refused:
        ControllerAddress(url=given)

    assert "canary" not in str(refused.value)


def test_login_hides_its_secrets() -> None:
    """The representation of a login shows neither password nor token."""
    login = Login(username="ada", password="canary1", token="canary2")

    assert repr(login) == "Login(username='ada')"


def test_token_replaces_the_password() -> None:
    """With a token the password is not sent."""
    login = Login(username="ada", password="secret", token="t")

    assert login.body() == {"username": "ada", "token": "t"}
