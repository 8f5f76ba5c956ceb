"""One request: what it raises, when it is sent again, and what never leaves."""

import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from sync.controller.client import ControllerClient, Counters
from sync.controller.errors import (
    AmbiguousWriteError,
    BrokenAnswerError,
    ConflictError,
    ControllerError,
    NoAnswerError,
    NotFoundError,
    ReadOnlyError,
    RefusedError,
    StaleError,
    UpgradingError,
)
from sync.errors import ExitCode
from sync.model.traffic import Exchange, Repetition
from sync.timing import Timing
from tests.shared.scripted_controller import Answer, ScriptedController, Seen, cookies

Connect = Callable[..., ControllerClient]
Send = Callable[[ControllerClient], object]

PATH = "/api/pool/pool-1"
POOL = {"name": "p", "uuid": "pool-1"}
DONE = Answer(body=POOL)
HANG_UP = Answer(hangs_up=True)
UPGRADE = Answer(status=403, body={"error": "Configuration is disallowed during upgrade"})

SEND: dict[str, Send] = {
    "GET": lambda client: client.get(PATH),
    "POST": lambda client: client.post(PATH, POOL, tenant="admin"),
    "PUT": lambda client: client.put(PATH, POOL, tenant="admin"),
    "DELETE": lambda client: client.delete(PATH, tenant="admin"),
}


@pytest.mark.parametrize("method", SEND)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, RefusedError),
        (403, RefusedError),
        (404, NotFoundError),
        (405, RefusedError),
        (409, ConflictError),
        (412, StaleError),
        (422, RefusedError),
    ],
)
def test_a_no_is_typed_and_final(
    controller: ScriptedController, connect: Connect, method: str, status: int, expected: type[ControllerError]
) -> None:
    """What the Controller refuses is raised at once, with its words."""
    controller.on(f"{method} {PATH}", Answer(status=status, body={"error": "not  like\nthis"}))

    with connect() as client, pytest.raises(ControllerError) as refused:
        SEND[method](client)

    error = refused.value
    assert type(error) is expected
    assert str(error) == f"{method} {PATH} answered {status}: not like this"
    assert (error.method, error.path, error.status, error.said) == (method, PATH, status, "not like this")
    assert len(controller.lines) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param({"error": "bad"}, "bad", id="error"),
        pytest.param({"detail": "bad"}, "bad", id="detail"),
        pytest.param({"error": {"path": "bad"}}, '{"path": "bad"}', id="nested"),
        pytest.param(["bad"], '["bad"]', id="a list"),
        pytest.param(b"bad \t thing", "bad thing", id="text"),
        pytest.param(b"<html><head><title>502 Bad\nGateway</title>", 'a web page, "502 Bad Gateway"', id="page"),
        pytest.param(b"<html>oops", "a web page", id="page without title"),
        pytest.param(b"\x1b[31mred", "[31mred", id="control characters"),
        pytest.param("x" * 600, "x" * 499 + "…", id="long"),
    ],
)
def test_the_words_of_the_controller_are_kept(
    controller: ScriptedController, connect: Connect, body: object, said: str
) -> None:
    """The text of an error is on one line and short, whatever its shape."""
    controller.on(f"GET {PATH}", Answer(status=400, body=body))

    with connect() as client, pytest.raises(RefusedError) as refused:
        client.get(PATH)

    assert refused.value.said == said


@pytest.mark.parametrize(
    ("method", "trouble"),
    [
        *[("GET", Answer(status=status)) for status in (408, 429, 500, 502, 503, 504)],
        *[("PUT", Answer(status=status)) for status in (408, 429, 500, 502, 503, 504)],
        *[("DELETE", Answer(status=status)) for status in (408, 429, 500, 502, 503, 504)],
        *[("POST", Answer(status=status)) for status in (408, 429)],
        *[(method, UPGRADE) for method in SEND],
        *[(method, HANG_UP) for method in ("GET", "PUT", "DELETE")],
        ("GET", Answer(body=b"<html>starting</html>")),
        ("GET", Answer(body=b"no gzip", headers=(("Content-Encoding", "gzip"),))),
    ],
)
def test_what_passes_is_repeated(
    controller: ScriptedController, connect: Connect, slept: list[float], method: str, trouble: Answer
) -> None:
    """A failure that may pass, and that a second request cannot make worse, is met by a second request."""
    controller.on(f"{method} {PATH}", trouble, DONE)

    with connect() as client:
        SEND[method](client)

    assert controller.lines == [f"{method} {PATH}"] * 2
    assert len(slept) == 1
    assert client.requests.retries == 1


@pytest.mark.parametrize(
    "failure",
    [HANG_UP, *[Answer(status=status, body={"error": "odd"}) for status in (500, 501, 502, 503, 504)]],
    ids=lambda answer: str(answer.status),
)
def test_a_post_is_not_repeated_blindly(controller: ScriptedController, connect: Connect, failure: Answer) -> None:
    """A create whose outcome is unknown is left to the caller, who can look for the name."""
    controller.on(f"POST {PATH}", failure)

    with connect() as client, pytest.raises(AmbiguousWriteError):
        SEND["POST"](client)

    assert len(controller.lines) == 1


def test_a_post_without_an_answer_in_time_is_ambiguous(controller: ScriptedController, connect: Connect) -> None:
    """A create that the Controller is slow to answer is not sent again."""
    controller.on(f"POST {PATH}", Answer(status=201, body=POOL, delay_seconds=0.4))

    with connect(timeout_seconds=0.2) as client, pytest.raises(AmbiguousWriteError, match=r"within 0\.2 s"):
        SEND["POST"](client)

    assert len(controller.lines) == 1


def test_a_post_that_was_not_sent_is_repeated(
    controller: ScriptedController, connect: Connect, slept: list[float]
) -> None:
    """A create that met no open port has changed nothing, and is tried again before it is an error."""
    with connect() as client:
        controller.stop()

        with pytest.raises(NoAnswerError, match="connection refused") as failed:
            SEND["POST"](client)

    assert failed.value.exit_code is ExitCode.UNREACHABLE
    assert len(slept) == 4


@pytest.mark.parametrize(
    ("method", "failure", "expected", "tries"),
    [
        pytest.param("GET", Answer(status=503, body=b"later"), BrokenAnswerError, 5, id="GET 503"),
        pytest.param("GET", Answer(status=501), BrokenAnswerError, 1, id="GET 501"),
        pytest.param("GET", HANG_UP, NoAnswerError, 5, id="GET without answer"),
        pytest.param("GET", Answer(body=b"no JSON"), BrokenAnswerError, 5, id="GET without JSON"),
        pytest.param("PUT", Answer(status=501), BrokenAnswerError, 1, id="PUT 501"),
        pytest.param("PUT", Answer(status=504), BrokenAnswerError, 5, id="PUT 504"),
        pytest.param("PUT", HANG_UP, AmbiguousWriteError, 5, id="PUT without answer"),
        pytest.param("PUT", Answer(body=[]), BrokenAnswerError, 1, id="PUT with a list for an answer"),
        pytest.param("DELETE", Answer(status=501), BrokenAnswerError, 1, id="DELETE 501"),
        pytest.param("DELETE", HANG_UP, AmbiguousWriteError, 5, id="DELETE without answer"),
        pytest.param("POST", Answer(status=429), RefusedError, 5, id="POST 429"),
        pytest.param("POST", UPGRADE, UpgradingError, 5, id="POST during an upgrade"),
        pytest.param("POST", Answer(status=201, body=b""), BrokenAnswerError, 1, id="POST without JSON"),
        pytest.param("GET", Answer(status=302, headers=(("Location", "/x"),)), BrokenAnswerError, 1, id="redirect"),
    ],
)
def test_what_does_not_pass_is_raised(
    controller: ScriptedController,
    connect: Connect,
    method: str,
    failure: Answer,
    expected: type[ControllerError],
    tries: int,
) -> None:
    """A failure that stays is raised after five tries at most, as what it means to the caller."""
    controller.on(f"{method} {PATH}", failure)

    with connect() as client, pytest.raises(ControllerError) as failed:
        SEND[method](client)

    assert type(failed.value) is expected
    assert (failed.value.method, failed.value.path) == (method, PATH)
    assert len(controller.lines) == tries


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_waits_grow(controller: ScriptedController, connect: Connect, slept: list[float], chance: float) -> None:
    """Each wait between tries is twice the one before, and chance adds half a second at most."""
    controller.on(f"GET {PATH}", Answer(status=503))

    with connect(timing=Timing(sleep=slept.append, chance=lambda: chance)) as client, pytest.raises(BrokenAnswerError):
        client.get(PATH)

    assert slept == [least + chance / 2 for least in (0.5, 1, 2, 4)]


def test_nothing_is_tried_again_after_the_deadline(
    controller: ScriptedController, connect: Connect, slept: list[float]
) -> None:
    """A wait that would end after the deadline of the run is not begun: the failure is raised."""
    controller.on(f"GET {PATH}", Answer(status=503))
    timing = Timing(now=lambda: sum(slept), sleep=slept.append, chance=lambda: 0.0)

    with connect(timing=timing.ending_after(2)) as client, pytest.raises(BrokenAnswerError):
        client.get(PATH)

    assert (slept, len(controller.lines)) == ([0.5, 1], 3)


def test_retry_after_is_respected(controller: ScriptedController, connect: Connect, slept: list[float]) -> None:
    """The Controller's own idea of when to come back counts."""
    controller.on(f"GET {PATH}", Answer(status=429, headers=(("Retry-After", "7"),)), DONE)

    with connect() as client:
        client.get(PATH)

    assert slept == [7]


@pytest.mark.parametrize("asked", ["121", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wait_that_is_too_long_is_an_error(
    controller: ScriptedController, connect: Connect, slept: list[float], asked: str
) -> None:
    """A Controller that wants to be left alone for longer than two minutes is not waited for."""
    controller.on(f"GET {PATH}", Answer(status=429, headers=(("Retry-After", asked),)))

    with connect() as client, pytest.raises(RefusedError, match="answered 429"):
        client.get(PATH)

    assert slept == []


@pytest.mark.parametrize("asked", ["soon", "Fri, 01 Jan 2010 00:00:00 GMT"])
def test_a_retry_after_without_use_is_ignored(
    controller: ScriptedController, connect: Connect, slept: list[float], asked: str
) -> None:
    """What is neither a number of seconds nor a time to come leaves the usual wait."""
    controller.on(f"GET {PATH}", Answer(status=503, headers=(("Retry-After", asked),)), DONE)

    with connect() as client:
        client.get(PATH)

    assert 0.5 <= slept[0] <= 1


def test_a_repeated_delete_that_finds_nothing_is_done(controller: ScriptedController, connect: Connect) -> None:
    """A 404 on the second try means that the first one got through."""
    controller.on(f"DELETE {PATH}", HANG_UP, Answer(status=404))

    with connect() as client:
        client.delete(PATH, tenant="admin")

    assert len(controller.lines) == 2


def test_no_content_is_fine_for_a_delete(controller: ScriptedController, connect: Connect) -> None:
    """A delete is answered with 204 and no body."""
    controller.on(f"DELETE {PATH}", Answer(status=204, body=b""))

    with connect() as client:
        client.delete(PATH, tenant="admin")

    assert controller.seen[1].headers["x-avi-tenant"] == "admin"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_read_only_client_writes_nothing(controller: ScriptedController, connect: Connect, method: str) -> None:
    """In a dry run a write is an error before anything is sent."""
    with connect(read_only=True) as client, pytest.raises(ReadOnlyError, match="was not sent"):
        SEND[method](client)

    assert [seen.line for seen in controller.seen] == ["POST /login", "POST /logout"]
    assert client.requests.writes == 0


def test_a_read_only_client_reads(controller: ScriptedController, connect: Connect) -> None:
    """In a dry run reads, new logins and the logout work."""
    controller.on(f"GET {PATH}", Answer(status=401), DONE)

    with connect(read_only=True) as client:
        answer = client.get(PATH)

    assert answer == POOL
    assert len(controller.logins) == 2


def test_parameters_and_paths_are_encoded(controller: ScriptedController, connect: Connect) -> None:
    """Whatever stands in a name arrives as it is."""
    parameters = {"name.in": "a b,c&d=e,f#g,ä+%", "page": "1"}
    controller.on("GET /api/pool/a b", DONE)

    with connect() as client:
        client.get("/api/pool/a b", parameters)

    assert controller.seen[1].query == parameters
    assert controller.lines == ["GET /api/pool/a b"]


def test_zipped_answers_are_read(controller: ScriptedController, connect: Connect) -> None:
    """Answers may be compressed, and the client says so."""
    controller.on(f"GET {PATH}", Answer(body=POOL, is_gzipped=True))

    with connect() as client:
        answer = client.get(PATH)

    assert answer == POOL
    assert controller.seen[1].headers["accept-encoding"] == "gzip"


def test_requests_are_counted(controller: ScriptedController, connect: Connect) -> None:
    """The counters tell what was sent, by kind."""
    for method in SEND:
        controller.on(f"{method} {PATH}", DONE)

    with connect() as client:
        for send in SEND.values():
            send(client)

    assert client.requests == Counters(gets=1, writes=3, logins=1, retries=0)


def test_the_log_has_one_line_per_request_and_no_secrets(
    controller: ScriptedController, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG each request is one line, and neither password, cookies, token nor body appear."""
    caplog.set_level(logging.DEBUG)
    controller.on(f"POST {PATH}", Answer(status=201, body=POOL, headers=cookies(9)))

    with connect() as client:
        client.post(PATH, {"name": "canary"}, tenant="admin")

    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert lines[1].startswith(f"event=request method=POST path={PATH} status=201 seconds=0.")
    for secret in ("right", "canary", "csrf", "id1", "id9"):
        assert secret not in "\n".join(lines)


def test_an_unsendable_tenant_is_an_error_at_once(
    controller: ScriptedController, connect: Connect, slept: list[float]
) -> None:
    """A tenant name that no header can hold is not sent, and not tried again."""
    with connect() as client, pytest.raises(ControllerError):
        client.get(PATH, tenant="a\r\nX-Evil: 1")

    assert controller.lines == []
    assert slept == []


def test_an_answer_that_does_not_arrive_in_full_is_read_again(controller: ScriptedController, connect: Connect) -> None:
    """A body that is shorter than announced is no answer."""
    controller.on(f"GET {PATH}", Answer(body=b'{"name": "p"}', headers=(("Content-Length", "500"),)), DONE)

    with connect(timeout_seconds=0.3) as client:
        answer = client.get(PATH)

    assert answer == POOL


def test_more_threads_than_connections_take_turns(controller: ScriptedController, connect: Connect) -> None:
    """However many threads there are, no more connections are opened than allowed, and none is lost."""
    ports: set[str] = set()

    def answer(seen: Seen) -> Answer:
        ports.add(seen.port)
        return DONE

    controller.on_each(f"GET {PATH}", answer)

    with connect(max_connections=2) as client, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _number: client.get(PATH), range(200)))

    assert len(ports) == 2
    assert client.requests == Counters(gets=200, logins=1)


def test_nothing_listens(connect: Connect, slept: list[float]) -> None:
    """A first login that meets a closed port is an error at once."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(NoAnswerError, match=r"nothing listens at http://127\.0\.0\.1:\d+") as failed, connect(url):
            pass

    assert "--controller" in failed.value.fix
    assert slept == []


def test_an_observer_hears_of_every_request_and_of_nothing_in_it(
    controller: ScriptedController, connect: Connect
) -> None:
    """Login, a try that fails, the repetition and its reason, and the logout, in their order and without secrets."""
    controller.on(f"GET {PATH}", HANG_UP, DONE)
    heard: list[Exchange | Repetition] = []

    with connect(observe=heard.append) as client:
        client.get(PATH, {"secret": "right"})

    told = [
        (event.method, event.path, event.status if isinstance(event, Exchange) else event.trouble) for event in heard
    ]
    assert told == [
        ("POST", "/login", "200"),
        ("GET", PATH, "RemoteProtocolError"),
        ("GET", PATH, "no answer"),
        ("GET", PATH, "200"),
        ("POST", "/logout", "200"),
    ]
    assert "right" not in repr(heard)


def test_what_a_read_only_client_holds_back_is_no_request(controller: ScriptedController, connect: Connect) -> None:
    """Nothing was sent, so nothing is reported."""
    heard: list[Exchange | Repetition] = []

    with connect(observe=heard.append, read_only=True) as client, pytest.raises(ReadOnlyError):
        client.post("/api/pool", POOL, tenant="admin")

    assert [event.path for event in heard] == ["/login", "/logout"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("Sun, 01 Mar 2026 12:00:00 GMT", datetime(2026, 3, 1, 12, tzinfo=UTC), id="as HTTP writes it"),
        pytest.param("noon", None, id="not a time"),
    ],
)
def test_the_controllers_clock_is_that_of_its_last_answer(
    controller: ScriptedController, connect: Connect, header: str, expected: datetime | None
) -> None:
    """Its own clock, not ours; None where it does not tell."""
    controller.on(f"GET {PATH}", Answer(body=POOL, headers=(("Date", header),)))

    with connect() as client:
        client.get(PATH)
        told = client.time

    assert told == expected
