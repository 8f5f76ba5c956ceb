"""The sample programs that come with the vendor's Python SDK, run as they are against the emulator."""

import importlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from avi.sdk import samples as sdk_samples  # type: ignore[import-untyped]  # it has no types
from avi.sdk.avi_api import ApiSession  # type: ignore[import-untyped]  # as above
from avi.sdk.utils.api_utils import ApiUtils  # type: ignore[import-untyped]  # as above

from sync.emulator import Emulator

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
SERVERS = ["10.1.1.1", "10.1.1.2:8080"]


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Imports a sample by name; they change the root logger, and read certificates from where they lie."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    monkeypatch.chdir(Path(str(sdk_samples.__file__)).parent)
    yield lambda name: importlib.import_module(f"avi.sdk.samples.{name}")
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Any]:
    """A session of the SDK in tenant admin."""
    host, _, port = emulator.url.removeprefix("http://").partition(":")
    session = ApiSession(
        f"http://{host}", "admin", "emulator", port=int(port), verify=True, api_version="20.1.1", tenant="admin"
    )
    yield session
    session.close()
    ApiSession.clear_cached_sessions()


def listed(api: Any, path: str) -> list[str]:
    """The names of all objects of a type."""
    return sorted(one["name"] for one in api.get_objects_iter(path))


def test_virtual_services_are_made_looked_at_and_deleted(sample: Callable[[str], ModuleType], api: Any) -> None:
    """The samples of plain, TLS and customised services succeed, as do inventory, a security rule and deletion."""
    example = sample("virtualservice_examples_api").VirtualServiceExample(api)

    example.create_basic_vs("basic-vs", "10.10.42.2", SERVERS)
    example.create_ssl_vs("ssl-vs", "10.10.42.3", SERVERS)
    example.create_custom_vs("custom-vs", "10.10.42.4", SERVERS)
    example.add_security_policy("basic-vs", "10.9.9.1,10.9.9.2")
    inventory = example.get_inventory()
    tls = api.get_object_by_name("virtualservice", "ssl-vs", params={"include_name": ""})
    custom = api.get_object_by_name("pool", "custom-vs-pool", params={"include_name": ""})
    for kind, name in (("virtualservice", "basic-vs"), ("pool", "basic-vs-pool"), ("vsvip", "basic-vs-vsvip")):
        example.delete(name, kind)

    assert [entry["config"]["vip"][0]["ip_address"]["addr"] for entry in inventory["results"]] == [
        f"10.10.42.{number}" for number in (2, 3, 4)
    ]
    assert tls["ssl_key_and_certificate_refs"][0].endswith("#ssl-vs-ssl-kc")
    assert [reference.partition("#")[2] for reference in custom["health_monitor_refs"]] == [
        "System-TCP",
        "System-HTTP",
        "System-Ping",
    ]
    assert listed(api, "virtualservice") == ["custom-vs", "ssl-vs"]
    assert len(listed(api, "networksecuritypolicy")) == 1


def test_virtual_service_is_cloned(sample: Callable[[str], ModuleType], api: Any) -> None:
    """The clone sample copies a service with its pool and VIP, and takes the copies away again."""
    sample("virtualservice_examples_api").VirtualServiceExample(api).create_basic_vs("vs", "10.10.42.2", SERVERS)
    cloner = sample("clone_vs").AviClone(api)

    clone, made, _ = cloner.clone_vs(
        "vs", "copy", new_vs_vips=["10.10.42.9"], new_vs_fips=[None], new_vs_v6vips=[None], new_vs_placements=[None]
    )
    vips = {vip["vip"][0]["ip_address"]["addr"] for vip in api.get_objects_iter("vsvip")}
    services, pools = listed(api, "virtualservice"), listed(api, "pool")
    cloner.delete_objects(created_objs=[clone, *made])

    assert vips == {"10.10.42.2", "10.10.42.9"}
    assert services == ["copy", "vs"]
    assert len(pools) == 2
    assert (listed(api, "virtualservice"), listed(api, "pool")) == (["vs"], ["vs-pool"])


def test_priorities_of_a_group_follow_its_pools(sample: Callable[[str], ModuleType], api: Any) -> None:
    """The sticky pool group sample reads runtimes, and writes the group with the `_last_modified` that it read."""
    alive = {"servers": [{"ip": {"addr": "10.1.1.1", "type": "V4"}}]}
    up, down = (api.post("pool", data={"name": name, **body}).json() for name, body in (("up", alive), ("down", {})))
    members = [{"pool_ref": pool["url"], "priority_label": label} for pool, label in ((up, "1"), (down, "2"))]
    api.post("poolgroup", data={"name": "g", "members": members})

    told = sample("sticky_pool_group").switch_priorities(api, up["uuid"], "up")

    group = api.get_object_by_name("poolgroup", "g")
    labels = {member["pool_ref"].rpartition("/")[2]: member["priority_label"] for member in group["members"]}
    assert told == "Pool up priority changed to 2, Pool down priority changed to 1"
    assert labels == {up["uuid"]: "2", down["uuid"]: "1"}


def test_inventory_names_the_pools_of_a_service(sample: Callable[[str], ModuleType], api: Any) -> None:
    """The inventory sample finds each service with its pools, in the cloud requested."""
    sample("virtualservice_examples_api").VirtualServiceExample(api).create_basic_vs("vs", "10.10.42.2", SERVERS)

    found = sample("inventory_example").fetch_data(api, "Default-Cloud", "admin", "l7_client.sum_total_responses")

    assert [(one.name, one.pool_names) for one in found] == [("vs", ["vs-pool"])]


def test_certificates_are_imported(sample: Callable[[str], ModuleType], api: Any) -> None:
    """The SDK's helper imports key and certificate; a second import of the name is a conflict."""
    certificate, key, _, _ = sample("common").get_sample_ssl_params()
    tools = ApiUtils(api)

    answers = [tools.import_ssl_certificate("kc", key, certificate) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert "key" not in answers[0].json()
