"""The vendor's own Python SDK against the emulator, over http and https, as its users call it.

Each test is a line or two of what the SDK's own suite does against a real Controller.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from avi.sdk.avi_api import APIError, ApiSession, ObjectNotFound  # type: ignore[import-untyped]  # it has no types
from avi.sdk.samples.patch_api_example import PatchAPIexample  # type: ignore[import-untyped]  # as above

from sync.emulator import Emulator
from sync.emulator.schema import load_schema

# The SDK calls what Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
Connect = Callable[..., Any]
SERVER = {"ip": {"addr": "10.90.64.10", "type": "V4"}, "port": 80}
OTHER_SERVER = {"ip": {"addr": "10.90.64.11", "type": "V4"}, "port": 80}


@pytest.fixture(params=["http", "https"])
def controller(request: pytest.FixtureRequest, start: Callable[..., Emulator]) -> Emulator:
    """A Controller without a seed, once without and once with TLS."""
    return start(tls=request.param == "https")


@pytest.fixture
def connect(controller: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Opens sessions of the SDK; arguments as of ApiSession."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # requests lets them win over Session.verify
        monkeypatch.delenv(name, raising=False)
    scheme, _, rest = controller.url.partition("://")
    host, _, port = rest.partition(":")
    opened: list[Any] = []

    def open_session(**arguments: Any) -> Any:
        given = {"username": "admin", "password": "emulator", "api_version": "30.2.1", **arguments}
        verify = controller.ca_bundle or True  # False is warned of, even with http
        address = host if scheme == "https" else f"http://{host}"
        opened.append(ApiSession(address, port=int(port), verify=verify, **given))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()
    ApiSession.clear_cached_sessions()


@pytest.fixture
def api(connect: Connect) -> Any:
    """A session of tenant admin."""
    return connect()


def created(api: Any, path: str, **body: Any) -> Any:
    """The object as the SDK returns it."""
    answer = api.post(path, data=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_session_knows_the_release(api: Any) -> None:
    """A login gives the SDK its version, its session id and its token."""
    assert api.remote_api_version["Version"] == "30.2.1"
    assert all(api.get_context()[key] for key in ("session_id", "csrftoken"))


def test_wrong_password_is_an_error_at_once(connect: Connect) -> None:
    """The SDK does not repeat a login that was refused, and shows why."""
    with pytest.raises(APIError, match="Invalid credentials") as caught:
        connect(password="wrong")

    assert caught.value.rsp.status_code == 401


def test_token_replaces_the_password(api: Any, connect: Connect) -> None:
    """A user token that one session made opens another one."""
    token = created(api, "user-token", hours="1")

    other = connect(password=None, token=token["token"])

    assert other.get("tenant").status_code == 200


def test_seeded_objects_are_found(api: Any) -> None:
    """Tenant and cloud of a fresh Controller are there, by list and by name."""
    assert api.get("tenant").count() == 1
    assert api.get_object_by_name("cloud", "Default-Cloud")["vtype"] == "CLOUD_VCENTER"
    assert api.get_object_by_name("pool", "nobody") is None
    assert api.get("pool").json() == {"count": 0, "results": []}


def test_created_pool_has_its_place_and_defaults(api: Any) -> None:
    """A pool of which only the name is given comes back whole, with a reference that names it."""
    defaults = load_schema((30, 2, 1), "ENTERPRISE").messages["Pool"].defaults

    answer = api.post("pool", data={"name": "p1"})
    pool = answer.json()

    assert answer.status_code == 201
    assert answer.headers["Location"] == pool["url"]
    assert api.get_obj_ref(pool).endswith("#p1")
    assert api.get_obj_uuid(pool) == pool["uuid"]
    assert len(defaults) > 30
    assert dict(defaults) == {name: pool[name] for name in defaults}


def test_get_shows_what_parameters_ask_for(api: Any) -> None:
    """References are named with include_name only; defaults and other fields can be left out."""
    uuid = created(api, "pool", name="p1")["uuid"]

    plain = api.get(f"pool/{uuid}").json()
    named = api.get(f"pool/{uuid}", params={"include_name": ""}).json()
    short = api.get(f"pool/{uuid}", params={"skip_default": True}).json()
    fields = api.get(f"pool/{uuid}", params={"fields": "name"}).json()

    assert "#" not in plain["cloud_ref"]
    assert named["cloud_ref"] == f"{plain['cloud_ref']}#Default-Cloud"
    assert "lb_algorithm" in plain
    assert "lb_algorithm" not in short
    assert "default_server_port" not in fields


def test_second_object_of_a_name_is_a_conflict(api: Any) -> None:
    """POST of a name that exists is 409, which the SDK hands on without repeating."""
    created(api, "pool", name="p1")

    answer = api.post("pool", data={"name": "p1"})

    assert answer.status_code == 409
    assert "already exists" in answer.text


def test_uuid_can_be_chosen(api: Any) -> None:
    """`force_uuid` of the SDK is the uuid that the object gets."""
    answer = api.post("pool", data={"name": "p1"}, force_uuid="pool-force-42")

    assert answer.json()["uuid"] == "pool-force-42"


def test_put_replaces_and_stale_ones_are_refused(api: Any) -> None:
    """A stale _last_modified is 412; without one a PUT wins, and what it does not send returns to its default."""
    pool = created(api, "pool", name="p1", default_server_port=8080, servers=[SERVER])
    path = f"pool/{pool['uuid']}"

    stale = api.put(path, data={**pool, "_last_modified": "1"})
    current = api.put(path, data=pool).json()
    partial = api.put(path, data={"name": "renamed"}).json()

    assert (stale.status_code, "Need to reload object data Pool" in stale.text) == (412, True)
    assert int(current["_last_modified"]) > int(pool["_last_modified"])
    assert (partial["name"], partial["default_server_port"]) == ("renamed", 80)
    assert "servers" not in partial


def test_patch_changes_servers(api: Any) -> None:
    """add, replace and delete, and the newer json_patch, change the servers of a pool and nothing else."""
    pool = created(api, "pool", name="p1", servers=[SERVER], default_server_port=8080)
    path = f"pool/{pool['uuid']}"
    two = {"json_patch": [{"op": "add", "path": "/servers", "value": [OTHER_SERVER]}]}
    first = {"json_patch": [{"op": "remove", "path": "/servers/0"}]}

    patches: list[Any] = [
        {"add": {"servers": [OTHER_SERVER]}},
        {"replace": {"servers": [OTHER_SERVER]}},
        {"delete": {"servers": [OTHER_SERVER]}},
        two,
        first,
    ]
    answers = [api.patch(path, data=patch).json() for patch in patches]

    assert [len(answer.get("servers", ())) for answer in answers] == [2, 1, 0, 1, 0]
    assert {answer["default_server_port"] for answer in answers} == {8080}


def test_basic_virtual_service_lives_and_dies(api: Any) -> None:
    """Pool, VsVip and VirtualService are made as in the SDK's suite, and go in reverse order only."""
    pool = created(api, "pool", name="basic_vs-pool", servers=[SERVER])
    address = {"addr": "10.90.64.123", "type": "V4"}
    vsvip = created(api, "vsvip", name="basic_vs_vip", vip=[{"ip_address": address}])
    service = created(
        api,
        "virtualservice",
        name="basic_vs",
        services=[{"port": 80, "enable_ssl": False}],
        vsvip_ref=api.get_obj_ref(vsvip),
        pool_ref=api.get_obj_ref(pool),
    )

    refused = api.delete(f"pool/{pool['uuid']}")
    deleted = [api.delete_by_name(path, name) for path, name in BASIC]
    again = api.delete(f"pool/{pool['uuid']}")

    assert service["vsvip_ref"] == vsvip["url"]
    assert refused.status_code == 403
    assert "referred by: ['VirtualService basic_vs']" in refused.text
    assert [answer.status_code for answer in deleted] == [204, 204, 204]
    assert (again.status_code, "Pool object not found!" in again.text) == (404, True)
    with pytest.raises(ObjectNotFound):
        again.json()


BASIC = (("virtualservice", "basic_vs"), ("pool", "basic_vs-pool"), ("vsvip", "basic_vs_vip"))


def test_tenants_do_not_see_each_other(api: Any) -> None:
    """A new tenant's pool is found there, by name and by uuid of the tenant, and by `*`; an unknown tenant is 403."""
    tenant = created(api, "tenant", name="t1")
    api.post("pool", data={"name": "p"}, tenant="t1")

    assert api.get_object_by_name("pool", "p") is None
    assert api.get_object_by_name("pool", "p", tenant="t1")["tenant_ref"] == tenant["url"].partition("#")[0]
    assert api.get("pool", tenant_uuid=tenant["uuid"]).count() == 1
    assert api.get("pool", tenant="*").count() == 1
    assert api.get_object_by_name("tenant", "t1", tenant="t1")["uuid"] == tenant["uuid"]
    assert api.get("pool", tenant="nope").status_code == 403


def test_pages_are_followed(api: Any) -> None:
    """The SDK's iterator finds every object, whatever the size of the pages."""
    names = {created(api, "pool", name=f"p{number}")["name"] for number in range(250)}

    found = [{pool["name"] for pool in api.get_objects_iter("pool", params={"page_size": n})} for n in (100, 200)]

    assert found == [names] * 2
    assert len(api.get("pool").json()["results"]) == 25


def test_bad_csrf_token_is_renewed(api: Any) -> None:
    """A wrong CSRF token is refused in the recorded words; the SDK logs in again and its request succeeds."""
    api.keystone_token = "invalid"

    answer = api.post("pool", data={"name": "p"})

    assert answer.status_code == 201
    assert api.get("pool").count() == 1


def test_versions_decide_what_is_seen(api: Any, connect: Connect) -> None:
    """An older client neither sees nor may send newer fields, without a version the shape is the oldest one."""
    uuid = created(api, "pool", name="p")["uuid"]

    old = api.get(f"pool/{uuid}", api_version="20.1.1")
    oldest = connect(api_version=None).get(f"pool/{uuid}")
    newer_field = api.post("pool", data={"name": "q", "graceful_hm_down_disable_timeout": 1}, api_version="20.1.1")

    assert "graceful_hm_down_disable_timeout" not in old.json()
    assert (old.headers["AVI_API_VERSION"], oldest.headers["AVI_API_VERSION"]) == ("20.1.1", "16_4_2")
    assert oldest.json()["server_count"] == 0
    assert (newer_field.status_code, "Incoming request (v20_1_1)" in newer_field.text) == (400, True)
    with pytest.raises(APIError, match="Invalid version"):
        api.get_object_by_name("pool", "p", api_version="99.9.9")


def test_logout_is_followed_by_a_login(api: Any) -> None:
    """After a logout the session is refused, and the SDK gets another one by itself."""
    before = api.session_id

    done = api.post("logout")
    answer = api.get("pool")

    assert (done.status_code, answer.status_code) == (200, 200)
    assert api.session_id != before


def test_basic_authentication_when_it_is_allowed(api: Any, connect: Connect) -> None:
    """Once the system configuration allows it, a password with each request needs neither cookies nor a CSRF token."""
    configuration = api.get("systemconfiguration").json()
    configuration["portal_configuration"]["allow_basic_authentication"] = True
    api.put("systemconfiguration", data=configuration)
    header = "Basic YWRtaW46ZW11bGF0b3I="  # admin:emulator

    answer = connect(user_hdrs={"Authorization": header}).post("pool", data={"name": "p"})

    assert answer.status_code == 201


def test_cluster_is_up(api: Any) -> None:
    """What the SDK's suite asks of the cluster is there."""
    assert api.get("cluster/runtime").json()["node_states"][0]["role"] == "CLUSTER_LEADER"
    assert api.get("cluster/version").json()["Version"] == "30.2.1"


def test_patch_sample_runs(api: Any) -> None:
    """The sample that comes with the SDK makes a pool with a monitor and adds, changes and removes servers."""
    sample = PatchAPIexample(api)
    pool = sample.create_pool("sample", ["10.0.0.1:8080"], ["System-TCP"]).json()

    sample.add_server_to_pool(["10.0.0.2"], pool["uuid"])
    sample.update_server_in_pool(1, pool["uuid"], "10.0.0.3:81")
    servers = sample.remove_server_from_pool(0, pool["uuid"]).json()["servers"]

    assert pool["health_monitor_refs"][0].endswith("#System-TCP")
    assert [(server["ip"]["addr"], server["port"]) for server in servers] == [("10.0.0.3", 81)]
