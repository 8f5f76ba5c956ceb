"""`drift`: what somebody changed on the Controller, told apart from what changed in Git, and never a write."""

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app, endpoints, gateway, service

POOL = "test--shop-web-svc-web-TCP-80"


def test_a_hand_edit_is_drift_field_by_field(sync: Run, tree: Tree, controller: Controller) -> None:
    """The live value and Git's stand side by side; exit 2 only with --detailed-exitcode, and nothing is written."""
    tree.commit(web=app("web"))
    sync()
    controller.change("pool", POOL, sni_enabled=True)
    controller.forget()

    plain = sync("drift")
    detailed = sync("drift", "--detailed-exitcode")

    (change,) = detailed.document["changes"]
    assert (plain.code, detailed.code, controller.writes()) == (0, 2, [])
    assert (change["action"], change["name"], change["cause"]) == ("update", POOL, "live")
    assert change["reason"] == "changed on the Controller, not in Git"
    assert change["fields"] == [{"path": "sni_enabled", "before": True, "after": False}]


def test_a_change_in_git_is_no_drift(sync: Run, tree: Tree, controller: Controller) -> None:
    """It is mentioned as waiting, and the exit code stays 0."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(web=app("web", hostname="web.avi.internal"))

    result = sync("drift", "--detailed-exitcode")

    assert (result.code, result.document["changes"]) == (0, [])
    assert result.document["problems"][0]["message"] == (
        "not drift, but not applied yet: update VsVip admin/test--shop-web"
    )


def test_an_object_deleted_by_hand_is_drift(sync: Run, tree: Tree, controller: Controller) -> None:
    """Git did not change, so somebody took it away."""
    tree.commit(web=app("web"))
    sync()
    virtual_service = controller.find("virtualservice", "test--shop-web")
    controller.call("DELETE", f"/api/virtualservice/{virtual_service['uuid']}")

    result = sync("drift", "--detailed-exitcode")

    (change,) = result.document["changes"]
    assert (result.code, change["action"], change["reason"]) == (2, "create", "deleted on the Controller")


def test_no_guard_stops_a_look(sync: Run, tree: Tree, controller: Controller) -> None:
    """Neither a freeze file nor limits count where nothing is written."""
    (tree.folder / ".avi-sync-freeze").write_text("frozen\n")
    tree.commit(web=app("web"))

    result = sync("drift", "--detailed-exitcode")

    assert (result.code, result.document["refusals"]) == (0, [])


def test_what_somebody_set_and_git_has_no_say_in_is_told_and_left_alone(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """A disabled VirtualService with a policy, and another algorithm: exit 2, nothing to set back, nothing written."""
    tree.commit(web=app("web"))
    sync()
    policy = controller.call("POST", "/api/networksecuritypolicy", {"name": "no-bots"})
    controller.change("virtualservice", "test--shop-web", enabled=False, network_security_policy_ref=policy["url"])
    controller.change("pool", POOL, lb_algorithm="LB_ALGORITHM_ROUND_ROBIN")
    controller.forget()

    plain = sync("drift")
    detailed = sync("drift", "--detailed-exitcode")
    text = sync("drift", "--format", "text").out

    edits = {edit["name"]: edit["fields"] for edit in detailed.document["edits"]}
    assert (plain.code, detailed.code, detailed.document["changes"], controller.writes()) == (0, 2, [], [])
    assert edits == {
        POOL: [
            {
                "path": "lb_algorithm",
                "live": "LB_ALGORITHM_ROUND_ROBIN",
                "default": "LB_ALGORITHM_LEAST_CONNECTIONS",
            }
        ],
        "test--shop-web": [
            {"path": "enabled", "live": False, "default": True},
            {"path": "network_security_policy_ref", "live": "no-bots", "default": None},
        ],
    }
    assert "edited, left alone: VirtualService admin/test--shop-web: enabled: false" in text


def test_what_somebody_may_set_by_a_rule_is_no_drift(sync: Run, tree: Tree, controller: Controller) -> None:
    """Whoever lists a field in SyncSettings.ignore knows of it."""
    rule = {"kind": "VirtualService", "field": "enabled", "reason": "a maintenance", "expires": "2099-01-01"}
    tree.write({"values.yaml": [{**VALUES, "SyncSettings": {"ignore": [rule]}}]})
    tree.commit(web=app("web"))
    sync()
    controller.change("virtualservice", "test--shop-web", enabled=False)

    result = sync("drift", "--detailed-exitcode")

    assert (result.code, result.document["edits"]) == (0, [])


def test_a_renamed_gateway_says_in_every_form_what_it_loses(sync: Run, tree: Tree, controller: Controller) -> None:
    """The old VirtualService was disabled by hand: text, Markdown and JSON name that on the delete and as a warning."""
    tree.commit(web=app("web"))
    sync()
    controller.change("virtualservice", "test--shop-web", enabled=False)
    tree.commit(web=[gateway("web2"), service("web-svc", gateway="web2"), endpoints("web-svc")])

    text, markdown, page = (sync("--dry-run", "--format", form).out for form in ("text", "markdown", "html"))
    document = sync("--dry-run").document

    lost = "enabled: set to false on the Controller"
    warning = "Gateway shop/web is deleted, and Gateway shop/web2 takes its place without"
    assert [change["lost"] for change in document["changes"] if change["lost"]] == [[lost]]
    assert [problem["severity"] for problem in document["problems"] if warning in problem["message"]] == ["warning"]
    assert all(f"lost with it: {lost}" in form and warning in form for form in (text, markdown))
    assert lost in page
    assert warning in page
