"""Logins, cookies, sessions and tokens."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator
from sync.emulator.schema import load_schema
from sync.emulator.sessions import Sessions
from sync.emulator.store import Store

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]
JSON = {"Content-Type": "application/json"}
RIGHT = {"username": "admin", "password": "emulator"}


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"data": RIGHT}, id="form, as avisdk"),
        pytest.param({"json": RIGHT}, id="JSON, as the Go SDK"),
        pytest.param({"files": {key: (None, value) for key, value in RIGHT.items()}}, id="multipart, as Postman"),
    ],
)
def test_login_sets_three_cookies(emulator: Emulator, form: dict[str, object]) -> None:
    """Each form of login gives a session under both names and a CSRF token."""
    answer = httpx.post(f"{emulator.url}/login", **form)  # type: ignore[arg-type]  # one of httpx's bodies

    assert answer.status_code == 200
    assert {"csrftoken", "avi-sessionid", "sessionid"} == set(answer.cookies)
    assert answer.cookies["sessionid"] == answer.cookies["avi-sessionid"]
    assert answer.json()["version"]["Version"] == "30.2.1"
    assert answer.json()["session_cookie_name"] == "avi-sessionid"
    assert [tenant["name"] for tenant in answer.json()["tenants"]] == ["admin"]
    assert "Secure" not in " ".join(answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"username": "root"}, {"password": ""}], ids=str)
def test_wrong_credentials_are_refused(emulator: Emulator, wrong: dict[str, str]) -> None:
    """A wrong name or password is 401 in the words that AKO looks for."""
    answer = httpx.post(f"{emulator.url}/login", json={**RIGHT, **wrong})

    assert answer.status_code == 401
    assert answer.json() == {"error": "Invalid credentials"}
    assert not answer.cookies


def test_requests_without_session_are_refused(emulator: Emulator) -> None:
    """Nothing of the API is shown to somebody who has not logged in, but for what clients probe with."""
    statuses = {
        path: httpx.get(f"{emulator.url}{path}").status_code
        for path in ("/api/pool", "/api/cluster", "/api/cluster/status", "/api/initial-data")
    }

    assert statuses == {"/api/pool": 401, "/api/cluster": 401, "/api/cluster/status": 200, "/api/initial-data": 200}


def test_wrong_csrf_token_is_a_bare_text(api: httpx.Client) -> None:
    """A write with a wrong CSRF token is 401 with a text that is no JSON, and a later right one goes through."""
    refused = api.post("/api/pool", json={"name": "p"}, headers={"X-CSRFToken": "invalid"})
    accepted = api.post("/api/pool", json={"name": "p"})

    assert refused.status_code == 401
    assert refused.text == "CSRF token missing or incorrect."
    assert refused.headers["content-type"] == "application/json"
    assert "allow" not in refused.headers
    assert "avi-sessionid" in refused.headers["set-cookie"]
    assert accepted.status_code == 201


def test_writes_need_a_referer(api: httpx.Client) -> None:
    """A write without Referer is refused, a read is not."""
    del api.headers["Referer"]

    assert api.post("/api/pool", json={"name": "p"}).status_code == 401
    assert api.get("/api/pool").status_code == 200


def test_doubled_cookies_are_told_apart_by_the_csrf_token(emulator: Emulator, log_in: LogIn) -> None:
    """Of several sessions in one request, as avisdk sends them after a new login, the token's one counts."""
    old, new = log_in(emulator), log_in(emulator)
    cookies = [f"{name}={client.cookies[name]}" for client in (new, old) for name in ("csrftoken", "sessionid")]
    headers = {"Cookie": "; ".join(cookies), "X-CSRFToken": new.cookies["csrftoken"], "Referer": "x"}

    answer = httpx.post(f"{emulator.url}/api/tenant", json={"name": "t"}, headers=headers)

    assert answer.status_code == 201


def test_answers_renew_the_session_cookies(api: httpx.Client) -> None:
    """Every answer of a session sends both session cookies again, the CSRF token not."""
    cookies = api.get("/api/pool").headers.get_list("set-cookie")

    assert [cookie.partition("=")[0] for cookie in cookies] == ["avi-sessionid", "sessionid"]


def test_logout_ends_the_session(api: httpx.Client) -> None:
    """After a logout the old session id is refused."""
    left = api.post("/logout")

    assert left.status_code == 200
    assert api.get("/api/pool").status_code == 401


def test_user_token_logs_in_until_it_is_deleted(emulator: Emulator, api: httpx.Client) -> None:
    """A token stands in for the password, and is in the list, until it is deleted."""
    made = api.post("/api/user-token", json={"hours": "2"})
    credentials = {"username": "admin", "token": made.json()["token"]}
    before = httpx.post(f"{emulator.url}/login", json=credentials).status_code
    listed = api.get("/api/user-token").json()
    deleted = api.delete(f"/api/user-token/{made.json()['uuid']}")
    after = httpx.post(f"{emulator.url}/login", json=credentials).status_code

    assert (made.status_code, before, deleted.status_code, after) == (201, 200, 204, 401)
    assert [made.json()["uuid"]] == [one["uuid"] for one in listed["results"]]


def test_basic_authentication_is_off_until_it_is_switched_on(emulator: Emulator, api: httpx.Client) -> None:
    """Basic authentication works once SystemConfiguration allows it, without a CSRF token."""
    headers = {"Authorization": "Basic " + base64.b64encode(b"admin:emulator").decode(), "X-Avi-Version": "30.2.1"}
    before = httpx.post(f"{emulator.url}/api/pool", json={"name": "p"}, headers=headers)
    configuration = api.get("/api/systemconfiguration").json()
    configuration["portal_configuration"]["allow_basic_authentication"] = True
    api.put("/api/systemconfiguration", json=configuration).raise_for_status()
    after = httpx.post(f"{emulator.url}/api/pool", json={"name": "p"}, headers=headers)

    assert (before.status_code, after.status_code) == (401, 201)
    assert "sessionid=None" in after.headers["set-cookie"]


def test_password_can_be_chosen_and_changed(start: Callable[..., Emulator], log_in: LogIn) -> None:
    """The password is the one given, until the user changes it."""
    emulator = start(password="first")
    api = log_in(emulator, password="first")

    changed = api.put("/api/useraccount", json={"old_password": "first", "password": "second"})

    assert (changed.status_code, changed.text) == (200, "")
    assert httpx.post(f"{emulator.url}/login", json={**RIGHT, "password": "first"}).status_code == 401
    assert httpx.post(f"{emulator.url}/login", json={**RIGHT, "password": "second"}).status_code == 200


def test_sessions_end_when_idle_and_after_a_day() -> None:
    """A session lives while it is used at least every 15 minutes, and for a day at most."""
    times = iter([0, 0, *range(0, 25 * 3600, 600), 25 * 3600])
    sessions = Sessions(Store(None), "secret", clock=lambda: next(times))
    idle, busy = (sessions.login("admin", "secret", None) for _ in range(2))

    seen = [sessions.find([busy.id], None) is not None for _ in range(0, 25 * 3600, 600)]

    assert sessions.find([idle.id], None) is None
    assert seen == [True] * 145 + [False] * 5


def test_system_configuration_shortens_sessions(start: Callable[..., Emulator], log_in: LogIn, tmp_path: Path) -> None:
    """`api_force_timeout` says after how many hours a client must log in again, whatever it does."""
    state = tmp_path / "state.sqlite"
    emulator = start(state=state)
    api = log_in(emulator)
    configuration = api.get("/api/systemconfiguration").json()
    configuration["portal_configuration"]["api_force_timeout"] = 2
    api.put("/api/systemconfiguration", json=configuration).raise_for_status()
    emulator.stop()
    store = Store(str(state))
    store.load(load_schema((30, 2, 1), "ENTERPRISE"))
    times = iter(range(0, 3 * 3600, 600))
    sessions = Sessions(store, "secret", clock=lambda: next(times))
    session = sessions.login("admin", "secret", None)

    seen = [sessions.find([session.id], None) is not None for _ in range(600, 3 * 3600, 600)]

    store.close()
    assert seen == [True] * 12 + [False] * 5


def test_login_lists_the_settings_of_new_tenants(api: httpx.Client, emulator: Emulator) -> None:
    """A login tells its API version and the tenants; those that somebody made come with their settings."""
    made = api.post("/api/tenant", json={"name": "shop"}).json()
    admin = api.get("/api/tenant/admin").json()

    answer = httpx.post(f"{emulator.url}/login", json={"username": "admin", "password": "emulator"})

    tenants = {tenant["name"]: tenant for tenant in answer.json()["tenants"]}
    assert answer.headers["avi_api_version"] == "16_4_2"
    assert tenants["shop"]["config_settings"] == made["config_settings"] == admin["config_settings"]
    assert "config_settings" not in tenants["admin"]


@pytest.mark.parametrize(
    "sent",
    [{}, {"uuid": "default"}, {"portal_configuration": {"allow_basic_authentication": True}}],
    ids=["nothing", "identity", "part of a part"],
)
def test_put_of_the_system_configuration_keeps_the_rest(start: Start, log_in: LogIn, sent: dict[str, Any]) -> None:
    """What a PUT of the system configuration does not name stays, the license above all."""
    api = log_in(start(seed={"controller": {"license": "BASIC"}}))
    before = api.get("/api/systemconfiguration").json()

    after = api.put("/api/systemconfiguration", json=sent).json()

    portal = {**before["portal_configuration"], **sent.get("portal_configuration", {})}
    changing = ("_last_modified", "configpb_attributes", "portal_configuration")
    assert {name: value for name, value in plain(after).items() if name not in changing} == {
        name: value for name, value in before.items() if name not in changing
    }
    assert (plain(after["portal_configuration"]), after["default_license_tier"]) == (portal, "BASIC")


def test_empty_put_without_body_is_taken(api: httpx.Client) -> None:
    """A PUT without any body is recorded: it changes the time alone."""
    before = api.get("/api/systemconfiguration").json()

    after = api.put("/api/systemconfiguration").json()

    assert int(after["_last_modified"]) > int(before["_last_modified"])
    assert plain(after)["email_configuration"] == before["email_configuration"]


def plain(value: Any) -> Any:
    """A body without the names that answers to writes put behind references."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.partition("#")[0] if isinstance(value, str) else value


@pytest.mark.parametrize("password", ["pässwörd", "密码", "\U0001f511", "p\u00a0 q"])
@pytest.mark.parametrize("form", ["data", "json", "files"])
def test_passwords_have_any_letters(start: Start, password: str, form: str) -> None:
    """A password that is not ASCII logs in in every form, and another one is refused, not an error of the emulator."""
    emulator = start(password=password)
    fields: dict[str, Any] = {"username": "admin", "password": password}
    wrong = {"username": "admin", "password": f"{password}é"}

    def status(given: dict[str, Any]) -> int:
        body = {key: (None, value) for key, value in given.items()} if form == "files" else given
        return httpx.post(f"{emulator.url}/login", **{form: body}).status_code  # type: ignore[arg-type]

    assert (status(fields), status(wrong)) == (200, 401)


def test_tokens_and_half_characters_are_compared_too(emulator: Emulator) -> None:
    """A token that is not ASCII, or a character that is none, is wrong."""
    token = httpx.post(f"{emulator.url}/login", json={"username": "admin", "token": "é"})
    half = httpx.post(f"{emulator.url}/login", content=b'{"username": "admin", "password": "\\ud800"}', headers=JSON)

    assert (token.status_code, half.status_code) == (401, 401)
