"""What a Controller, or whoever stands in its place, quotes of our secrets is not said again."""

from collections.abc import Callable

import httpx
import pytest

from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.controller.errors import BrokenAnswerError, RefusedError
from sync.controller.unreachable import diagnose
from tests.shared.scripted_controller import Answer, ScriptedController, Seen

Connect = Callable[..., ControllerClient]

LOGIN = Answer(
    body={"version": {"Version": "30.2.1"}, "session_cookie_name": "avi-sessionid"},
    headers=(("Set-Cookie", "csrftoken=canary-csrf"), ("Set-Cookie", "avi-sessionid=canary-session")),
)


def test_the_words_of_a_refusal_hold_no_cookie_and_no_password(
    controller: ScriptedController, connect: Connect
) -> None:
    """A proxy that shows the headers it got, and a Controller that shows the login."""

    def quoting(seen: Seen) -> Answer:
        return Answer(status=400, body={"error": f"{seen.headers['cookie']} {seen.headers['x-csrftoken']} canary-pw"})

    controller.on("POST /login", LOGIN)
    controller.on_each("GET /api/pool", quoting)

    with connect(login=Login(password="canary-pw")) as client, pytest.raises(RefusedError) as failed:
        client.get("/api/pool")

    assert failed.value.said == "csrftoken=***; avi-sessionid=*** *** ***"
    assert "canary" not in f"{failed.value} {failed.value!r}"


def test_the_words_of_a_refusal_hold_no_secret_of_the_body(controller: ScriptedController, connect: Connect) -> None:
    """The Controller names the value that it does not take."""
    refusal = Answer(status=400, body={"error": 'client_secret "canary" is too short'})
    controller.on("POST /api/virtualservice", refusal)

    with connect() as client, pytest.raises(RefusedError) as failed:
        client.post("/api/virtualservice", {"oauth": [{"client_secret": "canary"}]}, tenant="admin")

    assert failed.value.said == 'client_secret "***" is too short'


def test_a_redirect_is_named_without_login_and_token(controller: ScriptedController, connect: Connect) -> None:
    """A portal sends us elsewhere, with a token in the address."""
    where = "https://u:canary@portal.example/login?token=canary#canary"
    controller.on("GET /api/pool", Answer(status=302, headers=(("Location", where),)))

    with connect() as client, pytest.raises(BrokenAnswerError) as failed:
        client.get("/api/pool")

    assert "redirects to https://***@portal.example/login" in str(failed.value)
    assert "canary" not in str(failed.value)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(httpx.LocalProtocolError("Illegal header value b'sessionid=canary\\x00'"), id="ours"),
        pytest.param(httpx.RemoteProtocolError("illegal header line: bytearray(b'Set-Cookie: a=canary')"), id="theirs"),
        pytest.param(httpx.ProxyError('illegal status line: bytearray(b"canary")'), id="the proxy's"),
    ],
)
def test_what_the_http_library_quotes_is_left_out(error: httpx.RequestError) -> None:
    """h11 shows the bytes that it does not like: they may be a cookie."""
    diagnosis = diagnose(error, ControllerAddress(url="https://avi.example.com"))

    assert "llegal" in diagnosis.message
    assert "canary" not in diagnosis.message
