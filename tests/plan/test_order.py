"""The order of writes, where a reference does not say it."""

from sync.model.plan import Method
from tests.shared.perfect_controller import PerfectController, converged, plan_for
from tests.shared.tree import VALUES, Manifest, app, endpoints, gateway, infra_setting, namespace, service

ADVERTISED: Manifest = {
    **VALUES,
    "NetworkSettings": {**VALUES["NetworkSettings"], "enableRHI": True, "bgpPeerLabels": ["edge"]},
}


def _writes(before: Manifest, after: Manifest) -> list[tuple[Method, str]]:
    controller = converged(*app("web"), values=before)
    plan = plan_for(controller.live, *app("web"), values=after)
    return [(write.method, write.key.kind) for item in plan.change_sets for write in item.writes]


def test_a_virtualservice_is_advertised_before_its_vip_gets_peer_labels() -> None:
    """The Controller refuses labels on the VIP of a VirtualService that is not advertised (AVI-BGP-LABELS)."""
    assert _writes(VALUES, ADVERTISED) == [(Method.PUT, "VirtualService"), (Method.PUT, "VsVip")]


def test_labels_go_before_the_advertising() -> None:
    """The other way round."""
    assert _writes(ADVERTISED, VALUES) == [(Method.PUT, "VsVip"), (Method.PUT, "VirtualService")]


def test_owners_that_only_go_come_last() -> None:
    """Creates before deletes between owners."""
    controller = converged(*app("a"), *app("b"))

    plan = plan_for(controller.live, *app("b"), *app("c"))

    assert [owner.name for item in plan.change_sets for owner in item.owners] == ["c", "a"]


def test_another_service_engine_group_is_an_update_that_is_called_disruptive() -> None:
    """Connections break, though nothing is deleted."""
    controller = converged(*app("a"))
    gold = [namespace("shop", infra="gold"), infra_setting("gold", seGroup={"name": "gold"})]

    plan = plan_for(controller.live, *app("a"), *gold)

    assert [(change.key.kind, change.is_disruptive) for change in plan.changes] == [("VirtualService", True)]


def test_a_hostname_that_somebody_keeps_is_not_waited_for() -> None:
    """Where VIPs may share DNS names, two that each take the other's and keep their own are updated once each."""
    names = {"a": ["x", "y"], "b": ["y", "x"]}
    moving = [service("moving", gateway="a", ports=(81,)), endpoints("moving", ports=(81,))]
    moved = [service("moving", gateway="b", ports=(81,)), endpoints("moving", ports=(81,))]
    controller = PerfectController(has_dns=False)
    before = [_named(name, own) for name, (own, _) in names.items()]
    controller.apply(plan_for(controller.live, *before, *moving))

    after = [_named(name, *both) for name, both in names.items()]
    plan = plan_for(controller.live, *after, *moved)

    (joint,) = plan.change_sets
    updated = [write.key.name for write in joint.writes if write.key.kind == "VsVip"]
    assert sorted(updated) == ["test--shop-a", "test--shop-b"]


def _named(name: str, *hostnames: str) -> Manifest:
    """A Gateway with a listener for each hostname, and one more."""
    made = gateway(name, ports=(81, *range(90, 90 + len(hostnames))))
    for listener, hostname in zip(made["spec"]["listeners"][1:], hostnames, strict=True):
        listener["hostname"] = f"{hostname}.example.com"
    return made
