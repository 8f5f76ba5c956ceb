"""API versions: what older clients see and may send."""

from collections.abc import Callable

import httpx
import pytest

from sync.emulator import Emulator

LogIn = Callable[..., httpx.Client]


def test_version_is_echoed(emulator: Emulator, log_in: LogIn) -> None:
    """The answer names the requested version, or the oldest one."""
    asked, silent = log_in(emulator, version="20.1.1"), log_in(emulator, version=None)

    assert asked.get("/api/pool").headers["avi_api_version"] == "20.1.1"
    assert silent.get("/api/pool").headers["avi_api_version"] == "16_4_2"


def test_later_fields_are_hidden(emulator: Emulator, log_in: LogIn) -> None:
    """A client sees the fields of its version, down into parts and in lists; without one also what is gone since."""
    new, old, silent = (log_in(emulator, version=version) for version in ("30.2.1", "20.1.1", None))
    server = {"ip": {"addr": "10.1.1.1", "type": "V4"}}
    label = {"markers": [{"key": "a", "values": ["b"]}]}
    uuid = new.post("/api/pool", json={"name": "p", "servers": [server], **label}).json()["uuid"]

    seen = [client.get(f"/api/pool/{uuid}").json() for client in (new, old, silent)]
    listed = old.get("/api/pool").json()["results"][0]

    assert ["markers" in body for body in seen] == [True, False, False]
    assert ["append_port" in body for body in seen] == [True, False, False]
    assert ["routing_pool" in body for body in seen] == [True, True, False]
    assert ["server_count" in body for body in seen] == [False, False, True]
    assert listed == seen[1]


def test_later_fields_are_refused(emulator: Emulator, log_in: LogIn) -> None:
    """A field that is newer than the version of the request is refused in the words of the Controller."""
    old = log_in(emulator, version="18.2.8")
    vip = {"ip_address": {"addr": "10.1.1.1", "type": "V4"}, "prefix_length": 32}

    answer = old.post("/api/vsvip", json={"name": "v", "vip": [vip]})

    text = "Incoming request (v18_2_8) has field (prefix_length) introduced in later versions(v20_1_1)."
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_older_clients_may_patch(emulator: Emulator, log_in: LogIn) -> None:
    """A patch is held to the fields that it names, not to what the object holds besides."""
    new, old = log_in(emulator), log_in(emulator, version="20.1.1")
    path = f"/api/pool/{new.post('/api/pool', json={'name': 'p', 'append_port': 'NEVER'}).json()['uuid']}"

    patched = old.patch(path, json={"replace": {"description": "d"}})
    refused = old.patch(path, json={"replace": {"append_port": "NEVER"}})

    assert (patched.status_code, refused.status_code) == (200, 400)
    assert new.get(path).json()["append_port"] == "NEVER"


@pytest.mark.parametrize("version", ["99.9.9", "30.2.2", "1.2.3", "latest"])
def test_versions_that_are_not_served_are_refused(emulator: Emulator, log_in: LogIn, version: str) -> None:
    """A version above the Controller's, below the oldest, or of another form is 400."""
    answer = log_in(emulator, version=version).get("/api/pool")

    assert answer.status_code == 400
    assert "Invalid version" in answer.json()["error"]


def test_older_controller_lacks_later_fields(start: Callable[..., Emulator], log_in: LogIn) -> None:
    """A 20.1.1 Controller neither returns nor knows what came later, and refuses later versions."""
    emulator = start(seed={"controller": {"version": "20.1.1"}})
    api = log_in(emulator, version="20.1.1")

    pool = api.post("/api/pool", json={"name": "p", "append_port": "NEVER"})

    assert pool.status_code == 201
    assert not {"append_port", "configpb_attributes", "markers"} & pool.json().keys()
    assert log_in(emulator, version="30.2.1").get("/api/pool").status_code == 400
    assert api.get("/api/networkprofile?name=System-SCTP-Proxy").json()["count"] == 0


def test_newer_controller_serves_its_own_version(start: Callable[..., Emulator], log_in: LogIn) -> None:
    """A Controller newer than the schema serves its version and those before."""
    emulator = start(seed={"controller": {"version": "31.1.1"}})

    assert log_in(emulator, version="31.1.1").get("/api/pool").status_code == 200
    assert log_in(emulator, version="30.2.1").get("/api/pool").status_code == 200


def test_license_changes_defaults(start: Callable[..., Emulator], log_in: LogIn) -> None:
    """Defaults of a lower license tier differ where the schema says so."""
    api = log_in(start(seed={"controller": {"license": "ESSENTIALS"}}))

    pool = api.post("/api/pool", json={"name": "p"}).json()
    api.post("/api/vsvip", json={"name": "v"}).raise_for_status()
    service = api.post("/api/virtualservice", json={"name": "v", "vsvip_ref": "/api/vsvip?name=v"}).json()

    assert pool["connection_ramp_duration"] == 0
    assert service["application_profile_ref"].endswith("#System-L4-Application")
    assert service["network_profile_ref"].endswith("#System-TCP-Fast-Path")
    assert api.get("/api/systemconfiguration").json()["default_license_tier"] == "ESSENTIALS"
