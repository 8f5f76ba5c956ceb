"""Paths, headers and status codes as clients meet them."""

import json
import select
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sync.emulator import Emulator, connection

LogIn = Callable[..., httpx.Client]


def raw_exchange(emulator: Emulator, request: str) -> str:
    """The first bytes that the emulator answers to a request of any shape."""
    host, _, port = emulator.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request.encode())
        return connection.recv(65536).decode()


@pytest.mark.parametrize(
    "path", ["/api/cluster/status", "//api/cluster/status", "/api/cluster/status/", "//api//cluster/status/"]
)
def test_slashes_are_tolerated(emulator: Emulator, path: str) -> None:
    """Doubled and trailing slashes, as the Go SDK and AKO send them, change nothing."""
    answer = raw_exchange(emulator, f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")

    assert answer.startswith("HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param("\r\n", 200, id="none at all"),
        pytest.param("Host: h\r\n\r\n", 200, id="plain"),
        pytest.param("HOST:h\r\nX-Empty:\r\n\r\n", 200, id="other case, no space, no value"),
        pytest.param("Host: h\r\nnonsense\r\n\r\n", 400, id="no colon"),
        pytest.param("Host: h\r\n folded\r\n\r\n", 400, id="folded"),
        pytest.param("Host: h\r\nX-Avi-Version: 30.2.1\nX-Injected: 1\r\n\r\n", 400, id="bare LF"),
        pytest.param("Host: h\r\nX-Avi-Version: 30.2.1\rX-Injected: 1\r\n\r\n", 400, id="bare CR"),
    ],
)
def test_headers_are_taken_apart(emulator: Emulator, head: str, status: int) -> None:
    """Headers are read however they are written, and what is none is refused."""
    answer = raw_exchange(emulator, f"GET /api/cluster/status HTTP/1.1\r\n{head}")

    assert answer.startswith(f"HTTP/1.1 {status}")


def test_created_object_comes_with_its_place(api: httpx.Client) -> None:
    """POST answers 201 with Location and the whole object, its references named."""
    answer = api.post("/api/pool", json={"name": "p"})

    assert answer.status_code == 201
    assert answer.json()["url"] == answer.headers["location"]
    assert answer.json()["url"].endswith(f"/api/pool/{answer.json()['uuid']}#p")
    assert answer.json()["tenant_ref"].endswith("/api/tenant/admin#admin")


def test_references_have_the_host_that_the_client_used(api: httpx.Client) -> None:
    """References begin with the scheme and authority of the request."""
    answer = api.get("/api/cloud", headers={"Host": "controller.example.com:8443"})

    assert answer.json()["results"][0]["url"].startswith("http://controller.example.com:8443/api/cloud/cloud-")


def test_allowed_methods_are_named(api: httpx.Client) -> None:
    """Allow differs between a collection and an object, and OPTIONS gives it too."""
    uuid = api.get("/api/cloud").json()["results"][0]["uuid"]

    assert api.get("/api/cloud").headers["allow"] == "HEAD, POST, GET, OPTIONS"
    assert api.options(f"/api/cloud/{uuid}").headers["allow"] == "HEAD, GET, PUT, PATCH, OPTIONS, DELETE"
    assert api.head("/api/cloud").text == ""


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/api/cluster"), ("POST", "/api/systemconfiguration"), ("DELETE", "/api/pool"), ("PUT", "/login")],
)
def test_other_methods_are_refused(api: httpx.Client, method: str, path: str) -> None:
    """A method that a path does not have is 405 in the words of the framework."""
    answer = api.request(method, path)

    assert answer.status_code == 405
    assert {"detail": f"Method '{method}' not allowed."} == answer.json()


def test_unknown_path_has_no_json_body(api: httpx.Client) -> None:
    """What is no type of the API is 404 with a page."""
    answer = api.get("/api/nosuchtype")

    assert answer.status_code == 404
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_body_that_is_no_json_is_refused(api: httpx.Client) -> None:
    """A body that does not parse, or is no object, is 400."""
    assert api.post("/api/pool", content=b"{").status_code == 400
    assert api.post("/api/pool", content=b"[]").status_code == 400


def test_chunked_bodies_are_read(api: httpx.Client) -> None:
    """A body without a length is taken as it comes, and read to its end even if nobody wants it."""
    unread = api.post("/api/nosuchtype", content=iter([b"{}"]))
    answer = api.post("/api/pool", content=iter([b'{"name": ', b'"chunked"}']))

    assert unread.status_code == 404
    assert answer.json()["name"] == "chunked"


def test_tls_uses_a_certificate_that_the_bundle_proves(start: Callable[..., Emulator], log_in: LogIn) -> None:
    """Over TLS cookies are Secure, references https, and the certificate is good for this machine's names."""
    emulator = start(tls=True)
    api = log_in(emulator)

    answer = api.get("/api/tenant")

    assert emulator.url.startswith("https://127.0.0.1:")
    assert answer.json()["results"][0]["url"] == f"{emulator.url}/api/tenant/admin"
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))
    with pytest.raises(httpx.ConnectError):
        httpx.get(emulator.url)


HALVES = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"GET /api/initial-data HTT", id="half a line"),
    pytest.param(b"GET /api/initial-data HTTP/1.1\r\nHost: h\r\n", id="half a head"),
    pytest.param(b"POST /login HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{", id="half a body"),
    pytest.param(b"POST /login HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", id="half a chunk"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01", id="half a handshake"),
]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_half_requests_hold_up_nobody(start: Callable[..., Emulator], log_in: LogIn, half: bytes, tls: bool) -> None:
    """Many more clients that stop in the middle of a request than there are workers: others are answered at once."""
    emulator = start(tls=tls)
    port = int(emulator.url.rpartition(":")[2])
    halted = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
    for client in halted:
        client.sendall(half)

    answer = log_in(emulator).get("/api/tenant", timeout=4)

    for client in halted:
        client.close()
    assert answer.status_code == 200


def test_request_may_come_in_parts(emulator: Emulator) -> None:
    """A client that is slow but goes on gets its answer, as if it had sent everything at once."""
    parts = [
        b"POST /login HT",
        b"TP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Le",
        b"ngth: 45\r\n\r\n",
    ]
    parts += [b'{"username": "admin",', b' "password": "emulator"}']
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])), timeout=5) as client:
        for part in parts:
            client.sendall(part)
            time.sleep(0.05)
        answer = client.recv(65536)

    assert answer.startswith(b"HTTP/1.1 200 OK")


class HastyConnection(connection.Connection):
    """A connection that gives requests less time."""

    arrival_seconds = 0.5


def test_half_a_request_is_given_up() -> None:
    """However slowly a request goes on, it must be there after some seconds; the connection ends then."""
    server = connection.Server("127.0.0.1", 0, None)
    server.ConnectionClass = HastyConnection
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    client = socket.create_connection(server.bind_addr, timeout=5)
    begun = time.monotonic()

    while not select.select([client], [], [], 0.1)[0] and time.monotonic() - begun < 5:
        client.sendall(b"G")
    taken = time.monotonic() - begun

    client.close()
    server.stop()
    thread.join()
    assert 0.4 < taken < 4


def test_body_without_end_is_refused(emulator: Emulator) -> None:
    """A body that is larger than any configuration is refused before it is read."""
    answer = raw_exchange(emulator, "POST /login HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n{")

    assert answer.startswith("HTTP/1.1 413")


def test_plain_http_on_a_port_for_tls_is_told(start: Callable[..., Emulator]) -> None:
    """Who speaks http to a port for https reads so."""
    emulator = start(tls=True)
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        answer = client.recv(65536)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"https only" in answer


def test_long_texts_are_cut_where_they_are_printed(api: httpx.Client, emulator: Emulator) -> None:
    """A name of any length comes back shortened in refusals and in the log of requests."""
    long = "x" * 5000
    texts = [
        api.get("/api/pool", headers={"X-Avi-Tenant": long}).text,
        api.post("/api/pool", json={"name": "p", "lb_algorithm": long}).text,
        api.post("/api/pool", json={"name": "p", "vrf_ref": f"{long}/{long}"}).text,
        api.post("/api/pool", json={"name": long}).text,
    ]
    logged = httpx.get(f"{emulator.url}/_emulator/requests").json()["requests"]

    assert max(map(len, texts)) < 700
    assert max(len(row["tenant"]) for row in logged) <= 4096


def test_silent_client_does_not_hold_up_others(start: Callable[..., Emulator], log_in: LogIn) -> None:
    """A connection over which nobody begins to speak TLS is given up in favour of the next one."""
    emulator = start(tls=True)
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2]))):
        api = log_in(emulator)

    assert api.get("/api/tenant").status_code == 200


def test_request_log_has_a_line_per_request(start: Callable[..., Emulator], log_in: LogIn, tmp_path: Path) -> None:
    """Each request is in the log, as sent, before its answer arrives; refused ones too."""
    log = tmp_path / "requests.jsonl"
    api = log_in(start(requests_log=log), tenant="*")

    api.get("/api/pool/?name=a%20b&include_name")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    api.get("/api/pool", headers={"X-Avi-Tenant": "nobody"})
    last = json.loads(log.read_text().splitlines()[-1])

    assert [(line["method"], line["path"], line["status"], line["tenant"]) for line in lines] == [
        ("POST", "/login", 200, "admin"),
        ("GET", "/api/pool/?name=a%20b&include_name", 200, "*"),
    ]
    assert {"time", "method", "path", "status", "tenant"} == set(last)
    assert (last["status"], last["tenant"]) == (403, "nobody")


def test_latency_delays_every_answer(start: Callable[..., Emulator]) -> None:
    """Each answer takes at least the requested latency."""
    emulator = start(latency_ms=60)

    answer = httpx.get(f"{emulator.url}/api/initial-data")

    assert answer.elapsed.total_seconds() >= 0.06


def test_controller_describes_itself(api: httpx.Client) -> None:
    """Cluster, version and initial data have what AKO and the SDKs look for."""
    cluster, runtime = api.get("/api/cluster").json(), api.get("/api/cluster/runtime").json()
    configuration = api.get("/api/systemconfiguration").json()

    assert cluster["uuid"].startswith("cluster-")
    assert runtime["cluster_state"]["state"] == "CLUSTER_UP_NO_HA"
    assert runtime["node_info"]["cluster_uuid"] == cluster["uuid"]
    assert runtime["node_states"][0]["role"] == "CLUSTER_LEADER"
    assert api.get("/api/cluster/version").json()["Version"] == "30.2.1"
    assert api.get("/api/initial-data").json()["version"]["Version"] == "30.2.1"
    assert (configuration["uuid"], configuration["default_license_tier"]) == ("default", "ENTERPRISE")
    assert configuration["url"].endswith("/api/systemconfiguration")


def test_domains_of_a_cloud_are_listed(api: httpx.Client) -> None:
    """The domains of the cloud's DNS profile come from one call."""
    cloud = api.get("/api/cloud?name=Default-Cloud").json()["results"][0]["uuid"]

    answer = api.get(f"/api/ipamdnsproviderprofiledomainlist?cloud_uuid={cloud}")

    assert answer.json() == {"domains": ["avi.internal"]}


def test_stopped_emulator_can_be_stopped_again(start: Callable[..., Emulator]) -> None:
    """Stopping twice is stopping, and the port is free then."""
    emulator = start()
    port = int(emulator.url.rpartition(":")[2])
    emulator.stop()
    emulator.stop()

    again = start(port=port)

    assert again.url.endswith(f":{port}")


def test_wait_returns_when_a_signal_handler_stops(start: Callable[..., Emulator]) -> None:
    """`wait` blocks until the emulator is stopped, from another thread or a signal handler."""
    emulator = start()
    previous = signal.signal(signal.SIGALRM, lambda *_: emulator.stop())
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        emulator.wait()
    finally:
        signal.signal(signal.SIGALRM, previous)

    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.url


def test_connections_of_many_clients_are_served_at_once(emulator: Emulator) -> None:
    """More keep-alive connections than workers are all answered, and again after a pause."""
    trust = ssl.create_default_context()
    clients = [httpx.Client(base_url=emulator.url, verify=trust) for _ in range(40)]

    rounds = [[client.get("/api/initial-data").status_code for client in clients] for _ in range(3)]
    for client in clients:
        client.close()

    assert rounds == [[200] * 40] * 3
