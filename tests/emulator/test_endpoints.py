"""What the Controller says about itself, where time matters."""

import json

from sync.emulator.endpoints import Controller, cluster_runtime
from sync.emulator.objects import Objects
from sync.emulator.schema import load_schema
from sync.emulator.seed import Facts
from sync.emulator.sessions import Sessions
from sync.emulator.store import Store
from sync.emulator.wire import parse_request

REQUEST = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/api/cluster/runtime", "wsgi.url_scheme": "http"}


def test_cluster_is_up_since_it_was_started() -> None:
    """`up_since` does not move with the clock: AKO starts anew when it does."""
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
