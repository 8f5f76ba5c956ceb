"""What others set on a live object in fields that are not ours, told from what the Controller set."""

from dataclasses import replace
from typing import Any

import pytest

from sync.compare.edits import edits_beside, edits_on, lost_by_delete
from tests.shared.builders import make_object, markers
from tests.shared.perfect_controller import PerfectController, desired_for, plan_for
from tests.shared.tree import app

POLICY = "https://c/api/networksecuritypolicy/p-1#no-bots"
PROFILE = "https://c/api/analyticsprofile/a-1#System-Analytics-Profile"


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        pytest.param("VirtualService", {"enabled": False}, [("enabled", False, True)], id="disabled"),
        pytest.param(
            "VirtualService",
            {"network_security_policy_ref": POLICY},
            [("network_security_policy_ref", "no-bots", None)],
            id="policy attached",
        ),
        pytest.param(
            "Pool",
            {"lb_algorithm": "LB_ALGORITHM_ROUND_ROBIN"},
            [("lb_algorithm", "LB_ALGORITHM_ROUND_ROBIN", "LB_ALGORITHM_LEAST_CONNECTIONS")],
            id="algorithm of a pool without L4Rule",
        ),
        pytest.param(
            "VirtualService",
            {"analytics_policy": {"full_client_logs": {"enabled": True, "duration": 30}}},
            [("analytics_policy.full_client_logs.enabled", True, None)],
            id="deep inside",
        ),
        pytest.param("L4PolicySet", {"description": "by hand"}, [("description", "by hand", None)], id="no default"),
        pytest.param(
            "VirtualService",
            {"analytics_profile_ref": "https://c/api/analyticsprofile/a-2#Quiet"},
            [("analytics_profile_ref", "Quiet", None)],
            id="another profile than that of a new object",
        ),
    ],
)
def test_what_somebody_set_is_an_edit(kind: str, fields: dict[str, Any], expected: list[Any]) -> None:
    """Path, live value and the value of a new object, references by name."""
    desired = make_object({"name": "north--shop-web"}, kind=kind)

    found = edits_beside(desired, {"name": "north--shop-web", **fields})

    assert [(item.path, item.before, item.after) for item in found] == expected


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        pytest.param("VirtualService", {"enabled": True, "weight": 1, "flow_dist": "LOAD_AWARE"}, id="defaults"),
        pytest.param("VirtualService", {"analytics_profile_ref": PROFILE}, id="reference that is completed"),
        pytest.param("VirtualService", {"se_group_ref": "https://c/api/serviceenginegroup/g#Own"}, id="computed"),
        pytest.param("VirtualService", {"cloud_type": "CLOUD_VCENTER", "version": "2"}, id="server side"),
        pytest.param("VirtualService", {"service_metadata": "{}", "error_page_profile_ref": ""}, id="of AKO"),
        pytest.param("Pool", {"connection_ramp_duration": 0, "append_port": "NEVER"}, id="defaults of a lower license"),
        pytest.param("Pool", {"min_servers_up": 0, "analytics_policy": {"enable_realtime_metrics": False}}, id="zero"),
        pytest.param("Pool", {"of_a_later_release": 7}, id="field that the schema does not know"),
        pytest.param("Pool", {"uuid": "p-1", "url": "u", "_last_modified": "1", "cloud_ref": "c"}, id="identity"),
        pytest.param("VsVip", {"vs_refs": ["vs-1"], "east_west_placement": True}, id="managed"),
    ],
)
def test_what_the_controller_or_we_set_is_no_edit(kind: str, fields: dict[str, Any]) -> None:
    """A new object has it, whatever the license and the release, or a plan sets it back."""
    desired = make_object({"name": "north--shop-web"}, kind=kind)

    assert edits_beside(desired, {"name": "north--shop-web", **fields}) == ()


def test_a_new_object_has_no_edits() -> None:
    """Whatever the Controller completes, of whatever kind."""
    controller = PerfectController()
    manifests = app("web")
    controller.apply(plan_for(controller.live, *manifests))
    desired = {item.key: item for item in desired_for(*manifests)}

    found = {
        item.key: (edits_beside(desired[item.key], item.body), edits_on(item.key.kind, item.body))
        for item in controller.live
    }

    assert found == dict.fromkeys(desired, ((), ()))


def test_what_git_leaves_to_others_is_no_edit() -> None:
    """A field of SyncSettings.ignore, and servers that Git does not hold."""
    live = {"name": "north--shop-web", "enabled": False, "lb_algorithm": "LB_ALGORITHM_ROUND_ROBIN"}
    desired = make_object({"name": "north--shop-web"}, kind="Pool")
    left = replace(desired, ignored=frozenset({"enabled"}), left_alone=frozenset({"lb_algorithm"}))

    assert edits_beside(left, live) == ()


def test_a_field_that_a_rule_renders_is_ours() -> None:
    """It is compared, now or as long as it is the work of an earlier run."""
    live = {"name": "north--shop-web", "enabled": False}
    written_before = {**live, "markers": markers(Fields="enabled")}

    assert edits_beside(make_object({"name": "north--shop-web", "enabled": True}, kind="Pool"), live) == ()
    assert edits_on("Pool", written_before) == ()
    assert [item.path for item in edits_on("Pool", live)] == ["enabled"]


def test_a_service_that_we_have_disabled_for_a_moment_is_not_edited() -> None:
    """A run that died in a move to another Service Engine group has left a mark."""
    live = {"name": "north--shop-web", "enabled": False, "markers": markers(EnableAgain="true")}

    assert edits_beside(make_object({"name": "north--shop-web"}, kind="VirtualService"), live) == ()


def test_what_is_lost_with_an_object_are_its_edits_and_labels() -> None:
    """In words, without secrets and without what is ours."""
    live = {
        "name": "north--shop-web",
        "enabled": False,
        "saml_sp_config": {"key": "hush"},
        "markers": markers(clustername="north", team="edge"),
    }

    assert lost_by_delete("VirtualService", live) == (
        "enabled: set to false on the Controller",
        'saml_sp_config.key: set to "<secret>" on the Controller',
        'label team: set to "edge" on the Controller',
    )
