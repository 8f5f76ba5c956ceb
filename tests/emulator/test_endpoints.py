"""What clients ask for besides objects, where a page of objects is not the answer."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator
from sync.emulator.endpoints import Controller, cluster_runtime
from sync.emulator.objects import Objects
from sync.emulator.schema import load_schema
from sync.emulator.seed import Facts, SeedError
from sync.emulator.sessions import Sessions
from sync.emulator.store import Store
from sync.emulator.wire import parse_request

REQUEST = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/api/cluster/runtime", "wsgi.url_scheme": "http"}


def test_cluster_is_up_since_it_was_started() -> None:
    """`up_since` does not move with the clock: AKO starts again when it does."""
    store = Store(None)
    store.save_setting("cluster", {"uuid": "cluster-1"})
    schema, facts = load_schema((30, 2, 1), "ENTERPRISE"), Facts()
    controller = Controller(
        store=store,
        schema=schema,
        objects=Objects(store, schema, facts),
        sessions=Sessions(store, "secret"),
        facts=facts,
        is_secure=False,
        clock=lambda: 90_000.0,
        started=60.0,
    )

    answer = json.loads(cluster_runtime(controller, parse_request(REQUEST, ""), None).body)

    store.close()
    assert [node["up_since"] for node in answer["node_states"]] == ["1970-01-01 00:01:00"]
    assert answer["cluster_state"]["up_since"] == "1970-01-01 00:01:00"


@pytest.mark.parametrize(
    "path",
    [
        "analytics/metrics/controller",
        "fileservice?uri=controller://upgrade_pkgs",
        "nsxtsegmentruntime/?cloud_ref.name=Default-Cloud",
        "serviceengine",
        "wafapplicationsignatureprovider",
        "wafcrs",
        "wafprofile",
    ],
)
def test_empty_lists_have_the_shape_of_lists(api: httpx.Client, path: str) -> None:
    """What there is nothing of is a list without entries, for clients that count before they read."""
    answer = api.get(f"/api/{path}")

    assert (answer.status_code, answer.json()) == (200, {"count": 0, "results": []})


def test_types_of_waf_are_stored(api: httpx.Client) -> None:
    """A profile of the firewall can be made and read, whatever is in it."""
    made = api.post("/api/wafprofile", json={"name": "w", "config": {"restricted_extensions": [".cfg"]}}).json()

    read = api.get(f"/api/wafprofile/{made['uuid']}").json()

    assert (made["uuid"].startswith("wafprofile-"), read["config"]) == (True, {"restricted_extensions": [".cfg"]})


def test_license_usage_is_counted(api: httpx.Client) -> None:
    """The usage of licenses is numbers under the names that the vendor's exporter reads."""
    usage = api.get("/api/licenseusage?limit=365&step=86400").json()

    assert {"licensed_cores", "num_ses", "num_se_vcpus", "consumed_service_cores"} <= usage.keys()
    assert set(usage.values()) == {0}


def test_metrics_have_no_values(api: httpx.Client) -> None:
    """Metrics of a node and of a collection name what was requested and hold nothing."""
    node = api.get(
        "/api/analytics/metrics/controller/node-1/?metric_id=controller_stats.avg_cpu_usage&step=300&limit=1"
    )
    wanted = {"metric_requests": [{"id": "cpu", "entity_uuid": "node-1", "metric_id": "a"}, {"id": "disk"}]}
    collection = api.post("/api/analytics/metrics/collection?pad_missing_data=false", json=wanted)
    wrong = api.post("/api/analytics/metrics/collection", json={"metric_requests": [1]})

    asked = {"metric_id": "controller_stats.avg_cpu_usage", "step": "300", "limit": "1"}
    assert node.json() == {"entity_uuid": "node-1", **asked, "series": []}
    assert collection.json() == {"series": {"cpu": [], "disk": []}}
    assert wrong.status_code == 400


AKO = {"name": "blue", "created_by": "ako-blue", "version": "1.13.1", "namespace": "avi-system", "replicas": 2}
NEW = {"controller": {"version": "32.1.4"}}


def test_akos_of_a_seed_have_registered_themselves(
    start: Callable[..., Emulator], log_in: Callable[..., httpx.Client]
) -> None:
    """From 32.1.4 on a Controller holds the AKOs that work on it; a seed names them."""
    seed = {**NEW, "akoamkoclusters": [AKO, {"name": "green", "created_by": "ako-green"}]}
    api = log_in(start(seed=seed), version="32.1.4")

    blue, green = api.get("/api/akoamkocluster").json()["results"]
    other = api.post("/api/akoamkocluster", json={"name": "red", "created_by": "ako-red"})

    assert (blue["name"], blue["created_by"], blue["cluster_type"]) == ("blue", "ako-blue", "CLUSTER_TYPE_AKO")
    assert blue["deployment_info"] == {"namespace": "avi-system", "replica_count": 2}
    assert blue["version_info"] == {"ako_amko_version": "1.13.1"}
    assert (green["created_by"], other.status_code) == ("ako-green", 201)


def test_older_controllers_know_no_akos(api: httpx.Client) -> None:
    """Before 32.1.4 the path is none of the API's."""
    assert api.get("/api/akoamkocluster").status_code == 404


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        ({"akoamkoclusters": [AKO]}, "32.1.4"),
        ({**NEW, "akoamkoclusters": [{"name": "blue"}]}, "no created_by"),
        ({**NEW, "akoamkoclusters": [{**AKO, "replicas": "2"}]}, "akoamkoclusters[0].replicas: '2' is not a number"),
        ({**NEW, "akoamkoclusters": [{**AKO, "pod": "x"}]}, "unknown key 'pod'"),
    ],
)
def test_akos_that_cannot_be_are_refused(start: Callable[..., Emulator], seed: dict[str, Any], words: str) -> None:
    """A seed with an AKO that lacks something, or on a Controller that knows none, says what to do."""
    with pytest.raises(SeedError) as refused:
        start(seed=seed)

    assert words in str(refused.value)
    assert "fix: " in str(refused.value)
