"""Faults on request: every kind, when it strikes, and how it is set."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator, FaultError

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]


def outcomes(api: httpx.Client, count: int, path: str = "/api/pool") -> list[int]:
    """The status of each of so many GETs; 0 for one without an answer."""
    return [outcome(api, "GET", path) for _ in range(count)]


def outcome(api: httpx.Client, method: str, path: str, **arguments: Any) -> int:
    """The status, 0 without an answer."""
    try:
        return api.request(method, path, **arguments).status_code
    except httpx.TransportError:
        return 0


def test_status_is_answered_and_nothing_is_done(start: Start, log_in: LogIn) -> None:
    """`do: status` answers with the status and body requested, and the request leaves no trace."""
    body = {"error": "Configuration is disallowed during upgrade"}
    api = log_in(start(faults=[{"method": "POST", "path": "/api/pool", "do": "status", "status": 403, "body": body}]))

    answer = api.post("/api/pool", json={"name": "p"})

    assert (answer.status_code, answer.json()) == (403, body)
    assert api.get("/api/pool").json()["count"] == 0


def test_text_is_answered_as_it_is(start: Start, log_in: LogIn) -> None:
    """A body that is a text is sent without quotes, a missing one is some error."""
    api = log_in(start(faults=[{"path": "/api/pool", "do": "status", "status": 502, "body": "Bad Gateway"}]))
    without_body = log_in(start(faults=[{"path": "/api/pool", "do": "status", "status": 599}]))

    assert api.get("/api/pool").text == "Bad Gateway"
    assert (without_body.get("/api/pool").status_code, list(without_body.get("/api/pool").json())) == (599, ["error"])


def test_renewed_session_comes_with_cookies(start: Start, log_in: LogIn) -> None:
    """419 carries the cookies of the session, from which the Go SDK goes on."""
    api = log_in(start(faults=[{"path": "/api/pool", "do": "status", "status": 419}]))

    cookies = api.get("/api/pool").headers.get_list("set-cookie")

    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["avi-sessionid", "csrftoken", "sessionid"]


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(("do", "count"), [("reset", 0), ("commit-and-reset", 1), ("truncate", 1)])
def test_broken_connections(start: Start, log_in: LogIn, do: str, count: int, tls: bool) -> None:
    """A reset before the work leaves nothing, one after it and a truncated answer leave the object."""
    api = log_in(start(tls=tls, faults=[{"method": "POST", "path": "/api/pool", "do": do}]))
    is_seen_as_end = do == "truncate" or tls  # Python's TLS reports a reset as an end that came too soon
    error = httpx.RemoteProtocolError if is_seen_as_end else httpx.ReadError

    with pytest.raises(error):
        api.post("/api/pool", json={"name": "p"})

    assert api.get("/api/pool").json()["count"] == count


def test_delay_holds_up_nobody_else(start: Start, log_in: LogIn) -> None:
    """A delayed request takes that long, while others are answered."""
    emulator = start(faults=[{"path": "/api/pool", "do": "delay", "delay_ms": 300}])
    api, other = log_in(emulator), log_in(emulator)
    slow = threading.Thread(target=api.get, args=("/api/pool",))

    begin = time.monotonic()
    slow.start()
    assert other.get("/api/tenant").status_code == 200
    assert time.monotonic() - begin < 0.3
    slow.join()

    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param({}, [503] * 6, id="each"),
        pytest.param({"nth": 2}, [200, 503, 200, 200, 200, 200], id="the second"),
        pytest.param({"nth": 2, "times": 3}, [200, 503, 503, 503, 200, 200], id="the second and the two after it"),
        pytest.param({"every": 3}, [200, 200, 503, 200, 200, 503], id="every third"),
        pytest.param({"every": 2, "times": 1}, [200, 503, 200, 200, 200, 200], id="every second, once"),
        pytest.param({"times": 2}, [503, 503, 200, 200, 200, 200], id="the first two"),
        pytest.param({"probability": 0}, [200] * 6, id="never"),
        pytest.param({"probability": 1}, [503] * 6, id="certainly"),
        pytest.param({"method": "POST"}, [200] * 6, id="another method"),
        pytest.param({"path": "/api/vs*"}, [200] * 6, id="another path"),
        pytest.param({"path": "/api/p*?page_size=*"}, [503] * 6, id="a query"),
    ],
)
def test_rules_strike_when_they_say(start: Start, log_in: LogIn, when: dict[str, Any], expected: list[int]) -> None:
    """Which of six equal requests a rule is for."""
    api = log_in(start(faults=[{"path": "/api/pool*", "do": "status", "status": 503, **when}]))

    assert outcomes(api, 6, "/api/pool?page_size=2") == expected


def test_chance_can_be_repeated(start: Start, log_in: LogIn) -> None:
    """The same seed strikes the same requests, about as many as the probability says."""
    rule = {"path": "/api/pool", "do": "status", "status": 500, "probability": 0.5, "seed": 7}
    first, second = (outcomes(log_in(start(faults=[rule])), 40) for _ in range(2))

    assert first == second
    assert 8 < first.count(500) < 32


def test_first_of_several_rules_counts(start: Start, log_in: LogIn) -> None:
    """Of rules that strike together the first decides; the others have counted the request all the same."""
    rules = [
        {"path": "/api/pool", "do": "status", "status": 500, "nth": 2},
        {"path": "/api/*", "do": "status", "status": 503, "every": 2},
    ]
    emulator = start(faults=rules)

    statuses = outcomes(log_in(emulator), 4)

    shown = httpx.get(f"{emulator.url}/_emulator/faults").json()["faults"]
    assert statuses == [200, 500, 200, 503]
    assert [(rule["matched"], rule["fired"]) for rule in shown] == [(4, 1), (4, 2)]


def test_faults_are_set_while_it_runs(emulator: Emulator, api: httpx.Client) -> None:
    """Without a login faults can be put in force, looked at and taken back; bad ones change nothing."""
    place = f"{emulator.url}/_emulator/faults"
    rule = {"path": "/api/pool", "do": "status", "status": 500}

    put = httpx.put(place, json=[rule])
    struck = outcomes(api, 1)
    bad = [httpx.put(place, content=content) for content in (b'[{"do": "explode"}]', b"{", b'"x"')]
    shown = httpx.get(place).json()["faults"]
    deleted = httpx.delete(place)

    assert (put.status_code, struck, outcomes(api, 1)) == (200, [500], [200])
    assert [answer.status_code for answer in bad] == [400, 400, 400]
    assert "did you mean" in bad[0].json()["error"] or "use one of" in bad[0].json()["error"]
    assert shown == [{"method": "*", "seed": 0, "delay_ms": 0, **rule, "matched": 1, "fired": 1}]
    assert (deleted.status_code, httpx.get(place).json()) == (204, {"faults": []})


FOREIGN = [
    pytest.param({"Host": "rebound.example.com"}, 403, id="name of a foreign domain"),
    pytest.param({"Host": "rebound.example.com:9443"}, 403, id="with a port"),
    pytest.param({"Origin": "https://evil.example.com"}, 403, id="page of another site"),
    pytest.param({"Origin": "null"}, 403, id="page without a site"),
    pytest.param({"Content-Type": "text/plain"}, 415, id="text"),
    pytest.param({"Content-Type": "application/x-www-form-urlencoded"}, 415, id="form"),
    pytest.param({"Host": "[::1]:9443"}, 200, id="address"),
    pytest.param({"Host": "localhost", "Origin": "http://localhost"}, 200, id="its own page"),
    pytest.param({"Host": "emulator:9443"}, 200, id="name without a dot"),
    pytest.param({"Content-Type": "application/json; charset=utf-8"}, 200, id="JSON"),
]


@pytest.mark.parametrize(("headers", "status"), FOREIGN)
def test_foreign_pages_cannot_set_faults(emulator: Emulator, headers: dict[str, str], status: int) -> None:
    """What a web page from elsewhere can make a browser send is refused, and no fault comes into force."""
    place = f"{emulator.url}/_emulator/faults"
    rules = b'[{"path": "/api/pool", "do": "status", "status": 500}]'

    answer = httpx.put(place, content=rules, headers={"Content-Type": "application/json", **headers})

    assert status == answer.status_code, answer.text
    assert len(httpx.get(place).json()["faults"]) == (status == 200)


def test_foreign_pages_cannot_read_or_end_faults(start: Start) -> None:
    """Neither can it look at them nor take them back."""
    emulator = start(faults=[{"path": "/api/pool", "do": "status", "status": 500}])
    place = f"{emulator.url}/_emulator/faults"

    answers = [httpx.request(method, place, headers={"Host": "rebound.example.com"}) for method in ("GET", "DELETE")]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert len(httpx.get(place).json()["faults"]) == 1


def test_own_paths_of_the_emulator_are_spared(start: Start) -> None:
    """A fault for everything does not keep anybody from taking it back."""
    emulator = start(faults=[{"do": "reset"}])

    answer = httpx.delete(f"{emulator.url}/_emulator/faults")

    assert answer.status_code == 204
    assert httpx.get(f"{emulator.url}/api/initial-data").status_code == 200


def test_fault_is_in_the_request_log(start: Start, log_in: LogIn) -> None:
    """A request that met a fault is marked with it; one that was never answered has the status 0."""
    emulator = start(faults=[{"path": "/api/pool", "do": "reset"}])
    outcomes(log_in(emulator), 1)

    rows = httpx.get(f"{emulator.url}/_emulator/requests").json()["requests"]

    assert [(row["path"], row["status"], row.get("fault")) for row in rows] == [
        ("/login", 200, None),
        ("/api/pool", 0, "reset"),
    ]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({}, "what to do"),
        ({"do": "reste"}, "did you mean reset"),
        ({"do": "reset", "pth": "/"}, "did you mean path"),
        ({"do": "reset", "method": "get"}, "did you mean GET"),
        ({"do": "reset", "path": "api"}, "is not a path"),
        ({"do": "reset", "nth": 0}, "whole number from 1"),
        ({"do": "reset", "nth": True}, "whole number from 1"),
        ({"do": "reset", "nth": 1, "every": 2}, "keep one"),
        ({"do": "reset", "probability": 1.5}, "from 0 to 1"),
        ({"do": "status"}, "belongs to"),
        ({"do": "reset", "status": 500}, "belongs to"),
        ({"do": "status", "status": 99}, "from 200"),
        ({"do": "reset", "body": "x"}, "is not used"),
        ({"do": "delay"}, "how long"),
        ("reset", "is not a mapping"),
    ],
)
def test_bad_fault_is_explained(fault: object, words: str) -> None:
    """What is wrong with a fault stands in the error, with the place and a way out."""
    with pytest.raises(FaultError, match=words) as caught:
        Emulator(faults=[fault])  # type: ignore[list-item]  # a user's file may hold anything

    assert "faults[0]" in str(caught.value)


def test_name_stays_taken_after_a_delete(start: Start, log_in: LogIn) -> None:
    """With a name hold a deleted name is refused for that long, then free; other names and tenants are free at once."""
    api = log_in(start(name_hold_ms=250, seed={"tenants": ["t"]}))
    uuid = api.post("/api/pool", json={"name": "p"}).json()["uuid"]
    api.delete(f"/api/pool/{uuid}")

    refused = api.post("/api/pool", json={"name": "p"})
    elsewhere = api.post("/api/pool", json={"name": "p"}, headers={"X-Avi-Tenant": "t"})
    time.sleep(0.3)
    later = api.post("/api/pool", json={"name": "p"})

    assert (refused.status_code, "already exists" in refused.text) == (409, True)
    assert (elsewhere.status_code, later.status_code) == (201, 201)
