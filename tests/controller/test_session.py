"""Logging in, staying logged in, logging out."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync.controller.client import ControllerClient, Login
from sync.controller.errors import ControllerError, RefusedError
from sync.errors import ExitCode, UnreachableError, UsageError
from tests.shared.scripted_controller import Answer, ScriptedController, Seen, cookies, logged_in

Connect = Callable[..., ControllerClient]

POOL = {"name": "p", "uuid": "pool-1"}


def test_login_sends_json_and_no_tenant(controller: ScriptedController, connect: Connect) -> None:
    """A login is a JSON body with user name and password."""
    with connect(login=Login(username="ada", password="s")):
        pass

    (seen,) = controller.logins
    assert seen.json == {"username": "ada", "password": "s"}
    assert seen.headers["content-type"] == "application/json"


def test_requests_carry_the_session(controller: ScriptedController, connect: Connect) -> None:
    """Each request has cookies, CSRF token, Referer, version and tenant."""
    controller.on("POST /api/pool", Answer(status=201, body=POOL))

    with connect() as client:
        client.post("/api/pool", {"name": "p"}, tenant="blue")

    (seen,) = (seen for seen in controller.seen if seen.path == "/api/pool")
    assert set(seen.headers["cookie"].split("; ")) == {"csrftoken=csrf1", "avi-sessionid=id1", "sessionid=id1"}
    assert seen.headers["x-csrftoken"] == "csrf1"
    assert seen.headers["referer"] == f"{controller.url}/"
    assert seen.headers["x-avi-version"] == "30.2.1"
    assert seen.headers["x-avi-tenant"] == "blue"
    assert seen.json == {"name": "p"}


def test_reads_use_the_tenant_of_the_client(controller: ScriptedController, connect: Connect) -> None:
    """A read without a tenant asks for all of them, or for the one the client was made for."""
    controller.on("GET /api/pool", Answer(body={"count": 0, "results": []}))

    with connect() as everything, connect(tenant="blue") as blue:
        everything.get("/api/pool")
        blue.get("/api/pool")
        blue.get("/api/pool", tenant="admin")

    tenants = [seen.headers["x-avi-tenant"] for seen in controller.seen if seen.path == "/api/pool"]
    assert tenants == ["*", "blue", "admin"]


def test_a_tenant_that_is_not_ascii_goes_by_its_uuid(controller: ScriptedController, connect: Connect) -> None:
    """Clients disagree on how a header spells other letters; a uuid has one spelling. Without one the name is sent."""
    controller.on("POST /login", logged_in(tenants=[{"name": "büro", "uuid": "tenant-1"}]))
    controller.on("GET /api/pool", Answer(body={"count": 0, "results": []}))

    with connect() as client:
        client.get("/api/pool", tenant="büro")
        client.get("/api/pool", tenant="straße")

    named, unknown = (seen.headers for seen in controller.seen if seen.path == "/api/pool")
    assert (named.get("x-avi-tenant-uuid"), named.get("x-avi-tenant")) == ("tenant-1", None)
    assert (unknown.get("x-avi-tenant-uuid"), unknown["x-avi-tenant"]) == (None, "straße".encode().decode("latin-1"))


def test_given_version_overrides_the_login_answer(controller: ScriptedController, connect: Connect) -> None:
    """Requests ask for the version that the settings name."""
    controller.on("GET /api/cloud", Answer(body={}))

    with connect(version="22.1.3") as client:
        client.get("/api/cloud")

    assert client.version == "22.1.3"
    assert controller.seen[1].headers["x-avi-version"] == "22.1.3"


@pytest.mark.parametrize("version", ["20.1.5", "18.2.10", "new"])
def test_old_versions_are_refused(controller: ScriptedController, connect: Connect, version: str) -> None:
    """A version that hides markers ends the run, whether it is requested or the Controller's own."""
    with pytest.raises(ControllerError, match=version) as asked, connect(version=version):
        pass
    controller.on("POST /login", logged_in(version=version))
    with pytest.raises(ControllerError, match=version) as own, connect():
        pass

    assert "controllerVersion" in asked.value.fix
    assert "upgrade" in own.value.fix


def test_wrong_password_is_one_clear_error(controller: ScriptedController, connect: Connect) -> None:
    """A refused login names the user and the Controller's words, and is not tried twice."""
    controller.on("POST /login", Answer(status=401, body={"error": "Invalid credentials"}))

    with pytest.raises(UnreachableError) as refused, connect(login=Login(username="ada", password="canary")):
        pass

    assert "the Controller refused the login of ada: Invalid credentials" in str(refused.value)
    assert refused.value.exit_code is ExitCode.UNREACHABLE
    assert "canary" not in str(refused.value)
    assert len(controller.logins) == 1


def test_empty_password_is_not_tried(controller: ScriptedController, connect: Connect) -> None:
    """Without password and token nothing is sent: a failed login counts towards a lock."""
    with pytest.raises(UsageError, match="no password"), connect(login=Login()):
        pass

    assert controller.seen == []


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        pytest.param(Answer(status=404, body=b"<html><title>Not Found</title></html>"), '"Not Found"', id="404"),
        pytest.param(Answer(body=b"<html>Welcome</html>"), "JSON", id="a web page"),
        pytest.param(Answer(body=[1]), "JSON", id="a list"),
        pytest.param(Answer(body={"version": {"Version": "30.2.1"}}), "no session", id="no cookies"),
        pytest.param(Answer(headers=cookies(1)), "no version", id="no version"),
        pytest.param(Answer(status=302, headers=(("Location", "https://sso.example/"),)), "https://sso", id="redirect"),
    ],
)
def test_other_servers_are_told_apart(
    controller: ScriptedController, connect: Connect, answer: Answer, what: str
) -> None:
    """What answers a login in another way than a Controller is named as such."""
    controller.on("POST /login", answer)

    with pytest.raises(UnreachableError, match="not an Avi Controller") as refused, connect():
        pass

    assert what in str(refused.value)


def test_a_starting_controller_is_waited_for(
    controller: ScriptedController, connect: Connect, slept: list[float]
) -> None:
    """A login that meets 503 is repeated."""
    controller.on("POST /login", Answer(status=503, body=b"INITIALIZING"), logged_in())

    with connect():
        pass

    assert len(controller.logins) == 2
    assert len(slept) == 1


def test_a_controller_that_does_not_start_is_unreachable(controller: ScriptedController, connect: Connect) -> None:
    """A login that meets nothing but 503 ends the run with the Controller's words."""
    controller.on("POST /login", Answer(status=503, body=b"INITIALIZING"))

    with pytest.raises(UnreachableError, match="503: INITIALIZING") as failed, connect():
        pass

    assert failed.value.exit_code is ExitCode.UNREACHABLE
    assert len(controller.logins) == 5


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Answer(status=401, body=b"CSRF token missing or incorrect."), id="401"),
        pytest.param(Answer(status=419), id="419"),
    ],
)
def test_a_session_that_is_over_is_renewed(controller: ScriptedController, connect: Connect, refusal: Answer) -> None:
    """After 401 or 419 the client logs in again and sends the same request, a POST too."""
    controller.on("POST /api/pool", refusal, Answer(status=201, body=POOL))

    with connect() as client:
        created = client.post("/api/pool", {"name": "p"}, tenant="admin")

    assert created == POOL
    assert len(controller.logins) == 2
    assert [seen.headers["x-csrftoken"] for seen in controller.seen if seen.path == "/api/pool"] == ["csrf1", "csrf2"]


def test_new_cookies_in_a_419_spare_the_login(controller: ScriptedController, connect: Connect) -> None:
    """A 419 that sets new cookies is followed by the request with those."""
    controller.on("POST /api/pool", Answer(status=419, headers=cookies(7)), Answer(status=201, body=POOL))

    with connect() as client:
        client.post("/api/pool", {"name": "p"}, tenant="admin")

    assert len(controller.logins) == 1
    assert controller.seen[2].headers["x-csrftoken"] == "csrf7"
    assert "sessionid=id7" in controller.seen[2].headers["cookie"]


def test_a_request_that_stays_unauthorized_is_refused(controller: ScriptedController, connect: Connect) -> None:
    """One new login per request is enough: what is still refused then is an error."""
    controller.on("GET /api/pool", Answer(status=401, body={"detail": "no"}))

    with connect() as client, pytest.raises(RefusedError, match="GET /api/pool answered 401: no"):
        client.get("/api/pool")

    assert len(controller.logins) == 2


def test_many_threads_share_one_new_login(controller: ScriptedController, connect: Connect) -> None:
    """However many requests find the session over, one login follows and all of them succeed."""
    together = threading.Barrier(8)

    def answer(seen: Seen) -> Answer:
        if seen.headers["x-csrftoken"] != "csrf1":
            return Answer(body={})
        together.wait()
        return Answer(status=401)

    controller.on_each("GET /api/pool", answer)

    with connect() as client, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _number: client.get("/api/pool"), range(8)))

    assert answers == [{}] * 8
    assert len(controller.logins) == 2


def test_a_failed_new_login_is_not_tried_by_each_thread(controller: ScriptedController, connect: Connect) -> None:
    """A password that is no longer right is sent once more, not once per thread: accounts get locked."""
    controller.on("POST /login", logged_in(), Answer(status=401, body={"error": "Invalid credentials"}))
    controller.on("GET /api/pool", Answer(status=401))

    def refused(client: ControllerClient) -> str:
        with pytest.raises(UnreachableError) as failed:
            client.get("/api/pool")
        return failed.value.message

    with connect() as client, ThreadPoolExecutor(4) as threads:
        messages = set(threads.map(lambda _number: refused(client), range(8)))

    assert messages == {"the Controller refused the login of admin: Invalid credentials"}
    assert len(controller.logins) == 2


def test_logout_ends_the_session(controller: ScriptedController, connect: Connect) -> None:
    """Leaving posts a logout with the session's cookies."""
    with connect():
        pass

    last = controller.seen[-1]
    assert last.line == "POST /logout"
    assert last.headers["x-csrftoken"] == "csrf1"


def test_a_failing_logout_hides_nothing(controller: ScriptedController, connect: Connect) -> None:
    """A logout that fails is no error, and lets the error of the run through."""
    controller.on("POST /logout", Answer(hangs_up=True))

    with connect():
        pass
    with pytest.raises(KeyError), connect():
        raise KeyError

    assert [seen.line for seen in controller.seen].count("POST /logout") == 2


def test_a_client_must_be_entered(connect: Connect) -> None:
    """Requests before the login are a programming error."""
    client = connect()

    with pytest.raises(RuntimeError, match="not been entered"):
        client.get("/api/pool")
