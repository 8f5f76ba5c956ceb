"""Small trees of four owners, from which laws draw, and what somebody edits of them on the Controller."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from sync.model.live import LiveState
from tests.shared.tree import Manifest, app, endpoints, load_balancer

ADDRESSES = st.sampled_from(["", "", "10.10.10.1", "10.10.10.2", "10.10.10.3"])
APPS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.tuples(ADDRESSES, st.sampled_from([(80,), (80, 81), (443,)]), st.booleans()),
    max_size=4,
)


def manifests_of(apps: dict[str, tuple[str, tuple[int, ...], bool]]) -> list[Manifest]:
    """Gateways `a` to `c`, and `d` as a LoadBalancer Service."""
    found: list[Manifest] = []
    for name, (address, ports, has_label) in apps.items():
        if name == "d":
            found += [load_balancer(name, address=address), endpoints(name, ports=(25,))]
        else:
            found += app(name, address=address, ports=ports, label_name="" if has_label else "other")
    return found


def edited(live: LiveState, kind: str, **fields: Any) -> LiveState:
    """The same with other fields on every object of a kind; without fields, without these objects."""
    objects = {
        key: replace(item, body={**item.body, **fields}) if key.kind == kind else item
        for key, item in live.objects.items()
        if fields or key.kind != kind
    }
    return LiveState(objects=objects)
