"""Answers that never end, or are not what the API promises, end with one sentence."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.controller.bounds import MOST_BYTES
from sync.controller.client import ControllerClient
from sync.controller.errors import AmbiguousWriteError, BrokenAnswerError, NoAnswerError
from sync.controller.pages import MOST_OBJECTS, wrong_shape
from sync.errors import SyncError
from sync.kinds import KINDS
from sync.model.nesting import MOST_LEVELS, TooDeepError, parse_json
from sync.timing import Timing
from tests.shared.scripted_controller import Answer, ScriptedController, page

Connect = Callable[..., ControllerClient]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextlib.contextmanager
def dripping(begin: bytes, drop: bytes) -> Iterator[str]:
    """The address of somebody who begins an answer and goes on with it for ever, a little at a time."""
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(begin)
                    while not ending.wait(0.05):
                        connection.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ending.set()
            thread.join()


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        pytest.param(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", id="in its body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="in its chunks"),
        pytest.param(HEAD, b"X: y\r\n", id="in its headers"),
        pytest.param(b"HTTP/1.1 ", b"2", id="in its first line"),
    ],
)
def test_an_answer_that_drips_ends_with_its_time(connect: Connect, begin: bytes, drop: bytes) -> None:
    """Each byte is in time, the whole is not."""
    started = time.monotonic()

    with dripping(begin, drop) as url, pytest.raises(SyncError) as failed, connect(url, timeout_seconds=0.5):
        pass

    assert failed.value.exit_code == 6
    assert "the answer was not complete after 0.5 s" in failed.value.message
    assert "--timeout" in failed.value.fix
    assert time.monotonic() - started < 5


def test_a_run_that_only_reads_waits_for_no_answer_beyond_its_deadline(connect: Connect) -> None:
    """One that writes does: what it has begun needs its answers."""
    timing = Timing().ending_after(0.1)
    begin = HEAD + b"Content-Length: 100000\r\n\r\n"

    with dripping(begin, b" ") as url, pytest.raises(SyncError) as reading:
        connect(url, timeout_seconds=60, timing=timing, read_only=True).__enter__()
    with dripping(begin, b" ") as url, pytest.raises(SyncError) as writing:
        connect(url, timeout_seconds=1.5, timing=timing).__enter__()

    assert "not complete after 1 s" in reading.value.message
    assert "not complete after 1.5 s" in writing.value.message


@pytest.mark.parametrize("is_gzipped", [True, False])
def test_an_answer_of_any_size_is_not_read_to_its_end(
    controller: ScriptedController, connect: Connect, is_gzipped: bool
) -> None:
    """Also where it is small on the wire; and a write whose answer is lost so may have been done."""
    endless = Answer(body=b"[" + b" " * MOST_BYTES + b"]", is_gzipped=is_gzipped)
    controller.on("GET /api/pool/p-1", endless)
    controller.on("POST /api/pool", endless)

    with connect(timeout_seconds=60) as client:
        with pytest.raises(NoAnswerError, match="more than 64 MB"):
            client.get("/api/pool/p-1")
        with pytest.raises(AmbiguousWriteError, match="more than 64 MB"):
            client.post("/api/pool", {"name": "p"}, tenant="admin")

    assert controller.lines == ["GET /api/pool/p-1", "POST /api/pool"]


@pytest.mark.parametrize(
    "headers", [(("Content-Encoding", "br"),), (("Content-Encoding", "gzip"),)], ids=["unknown", "not what it says"]
)
def test_an_answer_that_cannot_be_unpacked_is_an_error(
    controller: ScriptedController, connect: Connect, headers: Any
) -> None:
    """After the usual tries."""
    controller.on("GET /api/pool/p-1", Answer(headers=headers))

    with connect() as client, pytest.raises(SyncError, match=r"content encoding|decompressed"):
        client.get("/api/pool/p-1")


@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_answer_that_is_nested_without_end_is_an_error(
    controller: ScriptedController, connect: Connect, status: int
) -> None:
    """A result, a refusal, and a login alike."""
    deep = b"[" * 100_000 + b"]" * 100_000
    controller.on("GET /api/pool/p-1", Answer(status=status if status != 401 else 200, body=deep))
    if status == 401:
        controller.on("POST /login", Answer(status=401, body=deep))

    with pytest.raises(SyncError) as failed, connect() as client:
        client.get("/api/pool/p-1")

    assert failed.value.exit_code in (5, 6)
    assert "\n" not in failed.value.message


@pytest.mark.parametrize("count", [10**9, MOST_OBJECTS + 1, True, -1, 1.5])
def test_a_list_of_any_length_is_not_asked_for(controller: ScriptedController, connect: Connect, count: Any) -> None:
    """The count is what somebody says."""
    controller.on("GET /api/pool", page([{"uuid": "pool-1"}], count=count))

    with connect() as client, pytest.raises(SyncError) as failed:
        client.list_all("/api/pool", {})

    assert failed.value.exit_code == 5
    assert len(controller.lines) <= 3


def test_an_object_whose_uuid_is_no_text_is_an_error(controller: ScriptedController, connect: Connect) -> None:
    """Nothing can be told apart by it."""
    controller.on("GET /api/network", page([{"uuid": ["a"]}]))

    with connect() as client, pytest.raises(BrokenAnswerError, match="list of objects"):
        client.list_all("/api/network", {})


SOUND = {
    "uuid": "vsvip-1",
    "name": "north--shop-web",
    "tenant_ref": "/api/tenant/admin",
    "markers": [{"key": "clustername", "values": ["north"]}],
    "vip": [{"vip_id": "0", "ip_address": {"addr": "10.0.0.1", "type": "V4"}, "placement_networks": []}],
    "dns_info": [{"fqdn": "a.x", "ttl": 30}],
    "vrf_context_ref": "/api/vrfcontext/vrf-1",
}


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        pytest.param("markers", None, "markers is not a list", id="no markers"),
        pytest.param("markers", [None], "markers[0] is null", id="a marker that is null"),
        pytest.param("markers", [{"key": "a", "values": None}], "markers[0].values is null", id="values that are null"),
        pytest.param("markers", [{"key": None, "values": []}], "markers[0].key is null", id="a key that is null"),
        pytest.param("markers", [{"key": "a", "values": [None]}], "markers[0].values[0] is null", id="a null value"),
        pytest.param(
            "markers", [{"key": "a", "values": [5]}], "markers[0] is not a marker", id="a value that is a number"
        ),
        pytest.param(
            "markers", [{"key": "a", "values": "b"}], "markers[0] is not a marker", id="values that are a text"
        ),
        pytest.param("markers", ["a"], "markers[0] is not an object", id="a marker that is a text"),
        pytest.param("markers", {"key": "a"}, "markers is not a list", id="markers that are an object"),
        pytest.param("name", 5, "name is not a text", id="a name that is a number"),
        pytest.param("tenant_ref", None, "tenant_ref is not a text", id="no tenant"),
        pytest.param("vrf_context_ref", ["a"], "", id="references in a list"),
        pytest.param("vrf_context_ref", {}, "vrf_context_ref is not a reference", id="a reference that is an object"),
        pytest.param(
            "vip", [{"ip_address": "10.0.0.1"}], "vip[0].ip_address is not an object", id="an address as text"
        ),
        pytest.param("vip", [{"ip_address": {"addr": None}}], "vip[0].ip_address.addr is null", id="a null address"),
        pytest.param("vip", [[]], "vip[0] is not an object", id="a VIP that is a list"),
        pytest.param("something", {"new": None}, "", id="a field that we do not know"),
    ],
)
def test_an_object_of_another_shape_is_an_error(
    controller: ScriptedController, connect: Connect, field: str, value: Any, what: str
) -> None:
    """In a list and by itself; what is wrong is named, and nothing was changed."""
    body = {**SOUND, field: value}
    controller.on("GET /api/vsvip", page([SOUND, body]), page([SOUND, {**body, "uuid": "vsvip-2"}]))
    controller.on("GET /api/vsvip/vsvip-1", Answer(body=body))

    assert wrong_shape("/api/vsvip", SOUND) == ""
    assert wrong_shape("/api/network", body) == ""
    with connect() as client:
        for ask in (lambda: client.list_all("/api/vsvip", {}), lambda: client.get("/api/vsvip/vsvip-1")):
            if not what:
                ask()
                continue
            with pytest.raises(BrokenAnswerError) as failed:
                ask()
            assert what in failed.value.message
            assert failed.value.exit_code == 5


def test_the_record_of_our_lock_is_judged_too() -> None:
    """It is read in the middle of a replace, where nothing may be left to chance."""
    path = "/api/stringgroup/stringgroup-1"

    assert wrong_shape(path, {"name": "lock", "kv": [{"key": "a", "value": "b"}], "markers": []}) == ""
    assert wrong_shape(path, {"name": "lock", "kv": [None]}) == "lock: kv[0] is null"
    assert wrong_shape(path, {"name": "lock", "markers": [None]}) == "lock: markers[0] is null"
    assert wrong_shape(path, {"name": "lock", "kv": {}}) == "lock: kv is not a list"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"markers": null}'])
def test_a_create_whose_answer_cannot_be_read_may_have_been_done(
    controller: ScriptedController, connect: Connect, body: bytes
) -> None:
    """It is not sent again, and not taken for refused."""
    controller.on("POST /api/pool", Answer(status=201, body=body))

    with connect() as client, pytest.raises(AmbiguousWriteError):
        client.post("/api/pool", {"name": "p"}, tenant="admin")

    assert controller.lines == ["POST /api/pool"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.sampled_from([*SOUND, "key", "addr"]), part, max_size=3)
    ),
)


@given(st.sampled_from(sorted(kind.path for kind in KINDS.values())), ANYTHING)
def test_every_answer_is_judged(path: str, answer: Any) -> None:
    """Whatever it is."""
    assert isinstance(wrong_shape(f"/api/{path}", answer), str)


def test_json_is_as_deep_as_we_can_walk() -> None:
    """And not a level deeper."""
    assert parse_json("[" * MOST_LEVELS + "]" * MOST_LEVELS)
    with pytest.raises(TooDeepError):
        parse_json("[" * (MOST_LEVELS + 2) + "]" * (MOST_LEVELS + 2))
    with pytest.raises(TooDeepError):
        parse_json("[" * 100_000)
