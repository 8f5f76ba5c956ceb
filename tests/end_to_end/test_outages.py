"""No outage that Git does not request: whatever stops serving is counted, and an edit takes nobody down."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Manifest, Tree, app

POOL_OFF = """{
  "enabled": false,
  "servers": [{% for server in spec.servers %}
    {"ip": {"addr": {{ server.address }}, "type": {{ server.family }}}, "port": {{ server.port }}}
    {% if not loop.last %},{% endif %}{% endfor %}]
}
"""
SERVICE_OFF = """{
  "enabled": false,
  "vsvip_ref": {{ ref("vsvip", spec.vsvip) }},
  "services": [{% for port in spec.ports %}{"port": {{ port.port }}}{% if not loop.last %},{% endif %}{% endfor %}],
  "l4_policies": [{"index": 0, "l4_policy_set_ref": {{ ref("l4policyset", spec.policy_set) }}}]
}
"""


def unready(name: str) -> list[Manifest]:
    """A Gateway of which no back end is ready."""
    *rest, ends = app(name)
    return [*rest, {**ends, "endpoints": [{**end, "conditions": {"ready": False}} for end in ends["endpoints"]]}]


def protected(manifests: Sequence[Any]) -> list[Any]:
    """The manifests, the Gateway among them protected."""
    gateway = manifests[0]
    marked = {**gateway["metadata"], "annotations": {"avi-sync/protect": "true"}}
    return [{**gateway, "metadata": marked}, *manifests[1:]]


def refusals(document: dict[str, Any]) -> str:
    """What the guard said."""
    return "\n".join(item["message"] for item in document["refusals"])


# --- what stops serving -----------------------------------------------------------------------------------------------


def test_back_ends_that_are_not_ready_any_more_are_a_loss(sync: Run, tree: Tree, controller: Controller) -> None:
    """The servers stay in the pools, disabled; a protected Gateway among the others is named."""
    tree.commit(a=protected(app("a")), b=app("b"), c=app("c"))
    sync()
    tree.commit(a=protected(unready("a")))
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (4, [])
    assert "Gateway shop/a is protected" in refusals(result.document)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("templates/pool.json.j2", POOL_OFF, id="pools"),
        pytest.param("templates/virtualservice.json.j2", SERVICE_OFF, id="VirtualServices"),
    ],
)
def test_a_template_that_turns_everything_off_is_refused(
    sync: Run, tree: Tree, controller: Controller, file: str, text: str
) -> None:
    """All servers are still there, and nobody would be served."""
    tree.commit(a=app("a"), b=app("b"), c=app("c"))
    sync()
    tree.write({file: text})
    tree.commit()
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (4, [])
    assert "3 of 3 live owners would be deleted or drained" in refusals(result.document)
    assert "no owner would be left" in refusals(result.document)


def node(name: str, *addresses: str) -> Manifest:
    """A Node."""
    told = [{"type": "InternalIP", "address": address} for address in addresses]
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"addresses": told}}


def by_node(backends: str = "auto") -> dict[str, list[Manifest]]:
    """A Gateway whose servers are Nodes."""
    gateway, service, _ = app("web")
    ports = [{**port, "nodePort": 30080} for port in service["spec"]["ports"]]
    service = {**service, "spec": {"type": "NodePort", "ports": ports}}
    values = {**VALUES, "L7Settings": {"serviceType": "NodePort"}, "SyncSettings": {"backends": backends}}
    return {"values.yaml": [values], "web.yaml": [gateway, service]}


def test_nodes_that_are_all_gone_are_a_loss(sync: Run, tree: Tree, controller: Controller) -> None:
    """NodePort: the Nodes are the servers of everybody."""
    tree.write(by_node("manifest"))
    tree.commit(nodes=[node("n1", "10.1.1.1")])
    sync()
    tree.commit(nodes=None)
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (4, [])


@pytest.mark.parametrize("addresses", [("10.1.1.300",), ()], ids=["impossible", "missing"])
def test_a_node_that_git_does_not_locate_keeps_its_server(
    sync: Run, tree: Tree, controller: Controller, addresses: tuple[str, ...]
) -> None:
    """Exactly as it is live, while another Node is added, until it is gone from Git."""
    sound = node("n1", "10.1.1.1")
    tree.write(by_node())
    tree.commit(nodes=[sound, node("n2", "10.1.1.2")])
    sync()
    before = controller.find("pool", "test--shop-web-svc-web-TCP-80")["servers"]
    tree.commit(nodes=[sound, node("n2", *addresses), node("n3", "10.1.1.3")])

    held = sync()
    kept = controller.find("pool", "test--shop-web-svc-web-TCP-80")["servers"]
    controller.forget()
    again = sync()
    idle = controller.writes()
    tree.commit(nodes=[sound, node("n3", "10.1.1.3")])
    done = sync()
    after = controller.find("pool", "test--shop-web-svc-web-TCP-80")["servers"]

    assert (held.code, again.code, idle, done.code) == (5, 5, [], 0)
    assert [server["ip"]["addr"] for server in kept] == ["10.1.1.1", "10.1.1.3", "10.1.1.2"]
    assert all(server in kept for server in before)
    assert [server["ip"]["addr"] for server in after] == ["10.1.1.1", "10.1.1.3"]


@pytest.mark.parametrize("form", ["flat", "disabled"])
def test_a_switch_that_changes_every_dns_name_is_refused(
    sync: Run, tree: Tree, controller: Controller, form: str
) -> None:
    """`autoFQDN`: an update of every VsVip, and no client finds its way."""
    tree.commit(a=app("a"), b=app("b"), c=app("c"))
    sync()
    tree.write({"values.yaml": [{**VALUES, "L4Settings": {"autoFQDN": form}}]})
    tree.commit()
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (4, [])
    assert "3 of 3 live owners would be replaced or disrupted" in refusals(result.document)


# --- edits on the Controller ------------------------------------------------------------------------------------------


def test_an_edit_that_could_only_be_undone_with_an_outage_is_held(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Another SE group by hand: exit 5, the others go on, and the permit that it prints lets that very plan through."""
    tree.commit(web=app("web"), other=app("other"))
    sync()
    controller.change("virtualservice", "test--shop-web", se_group_ref="/api/serviceenginegroup?name=other")
    tree.commit(other=app("other", hostname="other.avi.internal"))
    controller.forget()

    held = sync()
    writes = controller.writes()
    (problem,) = [each for each in held.document["problems"] if each["severity"] == "error"]
    permit = problem["fix"].partition("then allow it: ")[2].split()
    shown = sync("--dry-run", "--allow-deletes", "1")
    passed = sync(*permit)

    assert (held.code, writes) == (5, ["PUT vsvip"])
    assert "it was edited on the Controller, and undoing the edit would take it down" in problem["message"]
    assert (shown.code, shown.document["summary"]["update"]) == (4, 1)
    assert (passed.code, passed.document["summary"]["update"], passed.document["remaining"]) == (0, 1, [])


def test_a_vsvip_that_somebody_renamed_moves_nobody(sync: Run, tree: Tree, controller: Controller) -> None:
    """A new VsVip would get another address: the VirtualService stays where it is."""
    tree.commit(web=app("web"))
    sync()
    vsvip = controller.find("vsvip", "test--shop-web")
    controller.call("PUT", f"/api/vsvip/{vsvip['uuid']}", {**vsvip, "name": "renamed"})
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, [])
    assert "moves from VsVip renamed to test--shop-web: address 10.10.10." in result.out


def test_drift_and_status_tell_of_an_edit_that_is_held(sync: Run, tree: Tree, controller: Controller) -> None:
    """Whoever looks sees what was edited, though a run would leave it."""
    tree.commit(web=app("web"))
    sync()
    controller.change("virtualservice", "test--shop-web", se_group_ref="/api/serviceenginegroup?name=other")

    drift = sync("drift", "--detailed-exitcode")
    status = sync("status", "--format", "json")

    assert (drift.code, [change["cause"] for change in drift.document["changes"]]) == (2, ["live"])
    assert status.document["owners"][0]["standing"] == "edited on the Controller"
