"""What takes the place of a live object, and what of that one is lost."""

from typing import Any

from sync.compare.recreation import body_of_move, body_of_recreate, lost_by_move, lost_by_recreate
from tests.shared.builders import make_object

POLICY = "https://c/api/networksecuritypolicy/p-1#no-bots"
PROFILE = "https://c/api/analyticsprofile/a-1#System-Analytics-Profile"


def _service(**fields: Any) -> dict[str, Any]:
    return {"name": "north--shop-web", "uuid": "vs-1", "_last_modified": "1", **fields}


def test_references_to_our_own_objects_go_by_name() -> None:
    """They may be created again as well, and then have another uuid; those to objects of others stay as they are."""
    desired = make_object({"name": "north--shop-web"}, kind="VirtualService")
    select = [{"service_port": 80, "service_pool_ref": "https://c/api/pool/pool-1#extra"}]

    body = body_of_recreate(desired, _service(service_pool_select=select, network_security_policy_ref=POLICY))

    assert body["service_pool_select"] == [{"service_port": 80, "service_pool_ref": "/api/pool?name=extra"}]
    assert body["network_security_policy_ref"] == POLICY


def test_a_move_leaves_references_to_objects_of_the_old_tenant_behind_and_says_so() -> None:
    """What every tenant may use goes along, and so does what refers to nothing."""
    desired = make_object({"name": "north--shop-web"}, kind="VirtualService")
    live = _service(enabled=False, network_security_policy_ref=POLICY, analytics_profile_ref=PROFILE)

    body = body_of_move(desired, live)

    assert (body["enabled"], body["analytics_profile_ref"]) == (False, PROFILE)
    assert "network_security_policy_ref" not in body
    assert lost_by_move(desired, live) == (
        "network_security_policy_ref: it refers to an object that may not exist there",
    )


def test_a_secret_that_the_controller_hides_is_not_written_as_its_own_placeholder() -> None:
    """It is left out, however deep it stands, and the plan names the field."""
    desired = make_object({"name": "north--shop-web"}, kind="VirtualService")
    live = _service(saml_sp_config={"keys": [{"aes_key": "<sensitive>"}]})

    assert "saml_sp_config" not in body_of_recreate(desired, live)
    assert lost_by_recreate(desired, live) == ("saml_sp_config: the Controller hides its value",)


def test_an_address_that_nobody_asked_for_may_become_another() -> None:
    """One that Git requests is no loss."""
    vip: dict[str, Any] = {"vip_id": "0", "auto_allocate_ip": True}
    held = {**vip, "ip_address": {"addr": "10.0.0.5", "type": "V4"}}
    live = {"name": "north--shop-web", "vip": [held]}

    allocated = lost_by_recreate(make_object({"name": "north--shop-web", "vip": [vip]}, kind="VsVip"), live)
    asked = lost_by_recreate(make_object({"name": "north--shop-web", "vip": [held]}, kind="VsVip"), live)

    assert allocated == ("address 10.0.0.5: the Controller chose it, and may choose another",)
    assert asked == ()
