"""Whose objects are whose: adopt and release, what they refuse, and what nobody touches."""

from collections.abc import Callable

import pytest

from tests.shared.ako import ako_objects, made_by_ako
from tests.shared.builders import make_facts, markers
from tests.shared.emulated_controller import Clock, Controller, Result, Run
from tests.shared.perfect_controller import desired_for
from tests.shared.tree import VALUES, Manifest, Tree, app, endpoints, load_balancer

FACTS = make_facts(domains=("avi.internal",))
POOL = "test--shop-web-svc-web-TCP-80"


def values_of(cluster: str) -> Manifest:
    """values.yaml of another cluster."""
    return {**VALUES, "AKOSettings": {"clusterName": cluster, "servicesAPI": True}}


def ako_serves(controller: Controller, *manifests: Manifest, cluster: str = "test", minutes_ago: float = 11) -> None:
    """AKO has made what the manifests ask for."""
    made_by_ako(desired_for(*manifests, values=values_of(cluster), facts=FACTS), controller.call)
    controller.wait(minutes=minutes_ago)
    controller.forget()


def messages(result: Result) -> str:
    """Everything that a document says of problems and refusals."""
    return "\n".join(item["message"] for item in (*result.document["problems"], *result.document["refusals"]))


# --- is AKO stopped? --------------------------------------------------------------------------------------------------


def test_adopt_wants_to_be_told_that_ako_is_stopped(sync: Run, tree: Tree, controller: Controller) -> None:
    """A usage error that says why; the Controller is not even asked. A dry run needs no such word."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))

    result = sync("adopt")
    asked = controller.requests()
    dry = sync("adopt", "--dry-run")

    assert (result.code, result.out, asked) == (64, "", [])
    assert "keeps writing from memory" in result.err
    assert (dry.code, dry.document["summary"]["adopt"]) == (0, 4)


@pytest.mark.parametrize("clock", [Clock(0), Clock(-86400), Clock(86400)], ids=["right", "slow", "fast"])
def test_adopt_refuses_while_ako_may_still_write_by_the_controllers_own_clock(
    sync: Run, tree: Tree, controller: Controller, clock: Clock
) -> None:
    """However wrong that clock is: some four minutes after AKO's last write there are some five to wait."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"), minutes_ago=4.5)

    early = sync("adopt", "--ako-is-stopped")
    writes = controller.writes()
    controller.wait(minutes=5.6)
    later = sync("adopt", "--ako-is-stopped")

    assert (early.code, writes, later.code) == (4, [], 0)
    (refusal,) = early.document["refusals"]
    assert "AKO wrote VirtualService admin/test--shop-web 4 min " in refusal["message"]
    assert "wait for 5 min " in refusal["fix"]
    assert early.document["summary"]["adopt"] == 4


def test_an_object_of_ako_that_git_does_not_ask_for_tells_as_well_that_ako_writes(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Where AKO has just written anything on layer 4, it runs."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))
    ako_serves(controller, load_balancer(), minutes_ago=0)

    result = sync("adopt", "--ako-is-stopped")

    assert (result.code, controller.writes()) == (4, [])
    assert "test--shop-direct" in messages(result)


def test_an_ako_that_is_left_for_layer_7_may_go_on_writing_there(sync: Run, tree: Tree, controller: Controller) -> None:
    """Pools of an Ingress follow their endpoints all day."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))
    ingress = markers(clustername="test", Namespace="shop", Host="shop.example.com", IngressName="shop")
    controller.call("POST", "/api/pool", {"name": "test--ingress", "created_by": "ako-test", "markers": ingress})

    result = sync("adopt", "--ako-is-stopped")

    assert (result.code, result.document["summary"]["adopt"]) == (0, 4)


# --- adopt ------------------------------------------------------------------------------------------------------------


def test_the_text_of_a_dry_run_names_each_object_and_why(
    sync: Run, tree: Tree, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line per object; marks are not listed one by one."""
    monkeypatch.setenv("SYNC_FORMAT", "text")
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))

    result = sync("adopt", "--dry-run")

    assert result.out.splitlines()[:5] == [
        "Gateway shop/web",
        "   <= L4PolicySet     admin/test--shop-web   made by AKO",
        f"   <= Pool            admin/{POOL}   made by AKO",
        "   <= VirtualService  admin/test--shop-web   made by AKO",
        "   <= VsVip           admin/test--shop-web   made by AKO",
    ]
    assert result.last_line.startswith(
        "Plan: 0 create, 0 update, 0 replace, 0 delete, 4 adopt (0 unchanged, 0 foreign, 0 held)"
    )


def test_adopt_takes_no_server_away_and_the_next_run_shows_it(sync: Run, tree: Tree, controller: Controller) -> None:
    """Git knows one server of two: the other one stays until a run that is asked to take it away."""
    tree.commit(web=[*app("web")[:2], endpoints("web-svc", addresses=("192.0.2.1",))])
    ako_serves(controller, *app("web"))

    adopted = sync("adopt", "--ako-is-stopped")
    kept = controller.find("pool", POOL)["servers"]
    dry = sync("--dry-run")

    assert (adopted.code, [server["ip"]["addr"] for server in kept]) == (0, ["192.0.2.1", "192.0.2.2"])
    assert f"Pool admin/{POOL} differs from Git in servers: adopted unchanged" in messages(adopted)
    (change,) = dry.document["changes"]
    assert [field["path"] for field in change["fields"]] == ["servers[]"]


def test_an_owner_that_would_be_replaced_is_listed_and_stays_akos(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Another address in Git: none of its objects is touched, the other Gateway is taken over, exit 5."""
    tree.commit(a=app("a", address="10.10.10.12"), b=app("b"))
    ako_serves(controller, *app("a", address="10.10.10.11"), *app("b"))

    result = sync("adopt", "--ako-is-stopped")

    assert (result.code, result.document["summary"]["adopt"]) == (5, 4)
    assert [owner["name"] for owner in result.document["held"]] == ["a"]
    assert "VsVip admin/test--shop-a would have to be created again (address 10.10.10.11 → 10.10.10.12)" in messages(
        result
    )
    assert controller.find("pool", "test--shop-a-svc-a-TCP-80")["created_by"] == "ako-test"


def test_unmarked_objects_with_wanted_names_are_adopted_though_nobody_waits_for_ako(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Made by hand a moment ago; no AKO is involved."""
    tree.commit(web=app("web"))
    for key, body in ako_objects(desired_for(*app("web"), facts=FACTS)):
        unmarked = {name: value for name, value in body.items() if name not in ("created_by", "markers")}
        controller.call("POST", f"/api/{key.kind.lower()}", unmarked)

    held = sync()
    adopted = sync("adopt", "--ako-is-stopped")

    assert (held.code, adopted.code, sync().document["changes"]) == (5, 0, [])
    assert "adopt it with avi-sync adopt" in held.document["problems"][0]["fix"]
    assert adopted.document["summary"]["adopt"] == 4


@pytest.mark.parametrize("kind", ["vsvip", "pool", "l4policyset", "virtualservice"])
@pytest.mark.parametrize("kept", [(), ("clustername", "Namespace", "Digest")], ids=["all", "some"])
def test_an_object_of_ours_without_its_marks_gets_them_back(
    sync: Run, tree: Tree, controller: Controller, kind: str, kept: tuple[str, ...]
) -> None:
    """Somebody removed markers: a run holds the owner and names adopt, not a delete; adopt needs no wait."""
    tree.commit(web=app("web", address="10.10.10.5"))
    sync()
    name = POOL if kind == "pool" else "test--shop-web"
    before = controller.find(kind, name)
    controller.change(kind, name, markers=[item for item in before["markers"] if item["key"] in kept])
    controller.forget()

    held = sync()
    adopted = sync("adopt", "--ako-is-stopped")
    again = sync("drift", "--detailed-exitcode")

    (problem,) = held.document["problems"]
    assert (held.code, adopted.code, again.code, controller.writes()) == (5, 0, 0, [f"PUT {kind}"])
    assert "avi-sync adopt --ako-is-stopped" in problem["fix"]
    assert "delete" not in problem["fix"]
    assert controller.find(kind, name)["markers"] == before["markers"]


def test_an_object_that_lost_its_marks_and_that_nobody_asks_for_is_reported(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """It is left unchanged, and whoever reads the plan hears of it."""
    tree.commit(web=app("web"), calm=app("calm"))
    sync()
    controller.change("virtualservice", "test--shop-web", markers=[])
    tree.commit(web=None)

    result = sync("--dry-run")

    said = "VirtualService admin/test--shop-web was made by avi-sync, but some of its markers were removed"
    assert said in messages(result)


def test_only_the_named_gateway_is_adopted(sync: Run, tree: Tree, controller: Controller) -> None:
    """One at a time, for those who want to see it first."""
    tree.commit(a=app("a"), b=app("b"))
    ako_serves(controller, *app("a"), *app("b"))

    result = sync("adopt", "--ako-is-stopped", "--only", "Gateway/shop/a")

    assert (result.code, {change["owner"]["name"] for change in result.document["changes"]}) == (0, {"a"})
    assert controller.find("virtualservice", "test--shop-b")["created_by"] == "ako-test"


def test_adopt_creates_nothing(sync: Run, tree: Tree, controller: Controller) -> None:
    """A Gateway that AKO never saw is for the next run."""
    tree.commit(web=app("web"), new=app("new"))
    ako_serves(controller, *app("web"))

    adopted = sync("adopt", "--ako-is-stopped")

    assert (adopted.code, {write.split()[0] for write in controller.writes()}) == (0, {"PUT"})
    assert sync().document["summary"]["create"] == 4


def test_a_refused_write_leaves_an_owner_that_a_run_holds_and_the_next_adoption_finishes(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The VirtualService comes last: until it is ours nothing of the owner is touched by a plain run."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))
    controller.fault(method="PUT", path="/api/virtualservice*", do="status", status=403)

    broken = sync("adopt", "--ako-is-stopped")
    controller.fault(method="PUT", path="/api/nothing", do="status", status=403)
    held = sync()
    finished = sync("adopt", "--ako-is-stopped")

    assert (broken.code, [item["state"] for item in broken.document["outcomes"]]) == (5, ["failed"])
    assert (held.code, held.document["changes"]) == (5, [])
    assert (finished.code, finished.document["summary"]["adopt"]) == (0, 1)
    assert sync().document["changes"] == []


def test_an_edit_by_hand_in_between_is_not_lost(sync: Run, tree: Tree, controller: Controller) -> None:
    """The Controller says that the object has changed since: it is read again, and taken over as it is by then."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))
    controller.fault(method="PUT", path="/api/pool*", do="status", status=412, times=1)

    result = sync("adopt", "--ako-is-stopped")

    assert (result.code, result.document["remaining"]) == (0, [])
    assert controller.find("pool", POOL)["created_by"] == "avi-sync-test"


@pytest.mark.parametrize("command", [("adopt", "--ako-is-stopped"), ("release",)], ids=["adopt", "release"])
def test_a_freeze_file_keeps_everything_whose_it_is(
    sync: Run, tree: Tree, controller: Controller, command: tuple[str, ...]
) -> None:
    """Nothing is written while Git holds it."""
    ako_serves(controller, *app("web"))
    tree.commit(web=app("web"), other=app("other"))
    sync()
    tree.write({".avi-sync-freeze": "change freeze until Monday"})
    tree.commit()
    controller.forget()

    result = sync(*command)

    assert (result.code, controller.writes()) == (4, [])
    assert "change freeze until Monday" in messages(result)


# --- what is not ours -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ours", "theirs"), [("prod", "prod-2"), ("prod-2", "prod")])
def test_two_akos_on_one_controller_are_adopted_apart(
    sync: Run, tree: Tree, controller: Controller, ours: str, theirs: str
) -> None:
    """Also where one cluster's name is the beginning of the other's: not a byte of the other one changes."""
    tree.commit(web=app("web"))
    tree.write({"values.yaml": [values_of(ours)]})
    tree.commit()
    ako_serves(controller, *app("their"), cluster=theirs)
    ako_serves(controller, *app("web"), cluster=ours)
    before = [controller.find(kind, f"{theirs}--shop-their") for kind in ("vsvip", "l4policyset", "virtualservice")]

    adopted = sync("adopt", "--ako-is-stopped")
    ran = sync()
    released = sync("release")

    after = [controller.find(kind, f"{theirs}--shop-their") for kind in ("vsvip", "l4policyset", "virtualservice")]
    assert [result.code for result in (adopted, ran, released)] == [0, 0, 0]
    assert [adopted.document["summary"]["adopt"], released.document["summary"]["release"]] == [4, 4]
    assert after == before


def _created_by_another(body: dict[str, object]) -> dict[str, object]:
    return body | {"created_by": "ako-test-2"}


def _of_another_cluster(body: dict[str, object]) -> dict[str, object]:
    return body | {"markers": markers(clustername="test-2", Namespace="shop", GatewayName="web")}


def _of_another_tool(body: dict[str, object]) -> dict[str, object]:
    return body | {"created_by": "terraform", "markers": []}


def _copied(body: dict[str, object]) -> dict[str, object]:
    return body | {"markers": markers(clustername="test", Namespace="shop", GatewayName="other")}


@pytest.mark.parametrize("changed", [_created_by_another, _of_another_cluster, _of_another_tool, _copied])
def test_an_object_of_somebody_else_under_a_wanted_name_is_never_adopted(
    sync: Run, tree: Tree, controller: Controller, changed: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    """One VirtualService is not AKO's: none of its owner's objects is adopted, and the reason names it."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))
    live = controller.find("virtualservice", "test--shop-web")
    controller.call("PUT", f"/api/virtualservice/{live['uuid']}", changed(live))
    controller.wait(minutes=11)
    controller.forget()

    result = sync("adopt", "--ako-is-stopped")

    assert (result.code, controller.writes()) == (5, [])
    assert "not taken over: VirtualService admin/test--shop-web" in messages(result)


def test_a_copy_of_akos_pool_is_reported_and_left(sync: Run, tree: Tree, controller: Controller) -> None:
    """A marked object under another name than its markers spell."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"))
    live = controller.find("pool", POOL)
    copy = {key: value for key, value in live.items() if key not in ("uuid", "url", "_last_modified")}
    controller.call("POST", "/api/pool", copy | {"name": "experiment"})
    controller.wait(minutes=11)
    before = controller.find("pool", "experiment")

    result = sync("adopt", "--ako-is-stopped")

    assert (result.code, controller.find("pool", "experiment")) == (0, before)
    assert "Pool admin/experiment is a copy: it has AKO's markers, but for another name" in messages(result)


def test_what_git_does_not_ask_for_stays_with_ako(sync: Run, tree: Tree, controller: Controller) -> None:
    """Adopted, it would be deleted by the next run. A plain run does not see it."""
    tree.commit(web=app("web"))
    ako_serves(controller, *app("web"), *app("forgotten"))

    adopted = sync("adopt", "--ako-is-stopped")
    ran = sync()

    assert (adopted.code, ran.code, ran.document["changes"]) == (0, 0, [])
    assert "it is not in Git: left with AKO" in messages(adopted)
    assert controller.find("virtualservice", "test--shop-forgotten")["created_by"] == "ako-test"


# --- release ----------------------------------------------------------------------------------------------------------


def test_release_needs_no_manifest_to_be_right(sync: Run, tree: Tree, controller: Controller) -> None:
    """Whoever backs out must not first repair Git: only values.yaml counts."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(web=app("web", label_name="other"), broken="kind: [")

    result = sync("release")

    assert (result.code, result.document["summary"]["release"]) == (0, 4)
    assert controller.find("virtualservice", "test--shop-web")["created_by"] == "ako-test"


def test_release_of_one_gateway_leaves_the_others_ours(sync: Run, tree: Tree, controller: Controller) -> None:
    """--only narrows it, as everywhere."""
    tree.commit(a=app("a"), b=app("b"))
    sync()

    result = sync("release", "--only", "Gateway/shop/a")

    assert (result.code, result.document["summary"]["release"]) == (0, 4)
    assert controller.find("virtualservice", "test--shop-b")["created_by"] == "avi-sync-test"


def test_release_takes_every_mark_of_ours_off_and_leaves_those_of_others(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """A label that somebody put on a pool stays."""
    tree.commit(web=app("web"))
    sync()
    live = controller.find("pool", POOL)
    theirs = {"key": "team", "values": ["shop"]}
    controller.change("pool", POOL, markers=[*live["markers"], theirs])

    sync("release")

    marks = {marker["key"] for marker in controller.find("pool", POOL)["markers"]}
    assert marks == {"clustername", "Namespace", "ServiceName", "Port", "Protocol", "GatewayName", "team"}
