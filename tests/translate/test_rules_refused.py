"""L4Rules with values that the Controller refuses on layer 4."""

from dataclasses import replace
from typing import Any

import pytest

from sync.model.desired import Translation
from sync.model.resources.ako import BackendProperties, ListenerProperties
from sync.model.resources.core import Protocol
from tests.shared.builders import (
    L4_RULE,
    errors_of,
    make_facts,
    make_l4_rule,
    make_load_balancer,
    make_slice,
    translated,
    warnings_of,
)


def with_rule(spec: dict[str, Any], **facts: Any) -> Translation:
    """A LoadBalancer Service with port 443 and an L4Rule."""
    service = make_load_balancer(port=443, annotations={L4_RULE: "rule"})
    return translated(service, make_l4_rule("rule", **spec), make_slice(), facts=replace(make_facts(), **facts))


def with_row(**fields: Any) -> dict[str, Any]:
    """A rule with one row for the back ends."""
    return {"backend_properties": (BackendProperties(port=443, protocol=Protocol.TCP, **fields),)}


@pytest.mark.parametrize("algorithm", ["LB_ALGORITHM_TOPOLOGY", "LB_ALGORITHM_NEAREST_SERVER"])
def test_an_algorithm_of_gslb_holds_the_service(algorithm: str) -> None:
    """The CRD knows it, and the Controller takes it for GSLB alone."""
    found = with_rule(with_row(lb_algorithm=algorithm))

    assert f"{algorithm} works for GSLB only" in errors_of(found)
    assert found.specs == ()


@pytest.mark.parametrize(
    ("profile", "kind", "is_held"),
    [
        pytest.param("System-Persistence-Http-Cookie", "", True, id="a cookie of the system"),
        pytest.param("System-Persistence-TLS", "", True, id="TLS of the system"),
        pytest.param("own", "PERSISTENCE_TYPE_APP_COOKIE", True, id="a cookie"),
        pytest.param("own", "PERSISTENCE_TYPE_CLIENT_IP_ADDRESS", False, id="client IP"),
        pytest.param("System-Persistence-Client-IP", "", False, id="client IP of the system"),
        pytest.param("own", "", False, id="of a type that nobody knows"),
    ],
)
def test_persistence_of_layer_7_holds_the_service(profile: str, kind: str, is_held: bool) -> None:
    """The Controller refuses such a pool, and would do so after a delete."""
    types = {f"applicationpersistenceprofile/{profile}": kind} if kind else {}

    found = with_rule(with_row(application_persistence_profile_ref=profile), profile_types=types)

    assert bool(errors_of(found)) is is_held
    assert any("is not of a layer 4 type" in message for message in errors_of(found)) is is_held


@pytest.mark.parametrize(("keys", "is_warned"), [((), True), (("key",), False)])
def test_tls_without_a_certificate_is_a_warning(keys: tuple[str, ...], is_warned: bool) -> None:
    """AKO sends it; whether the Controller takes it depends on its version."""
    listeners = (ListenerProperties(port=443, protocol="TCP", enable_ssl=True),)
    spec = {"listener_properties": listeners, "ssl_key_and_certificate_refs": keys}

    found = with_rule(spec | {"application_profile_ref": "System-SSL-Application"})

    assert errors_of(found) == []
    assert any("no certificate is named" in message for message in warnings_of(found)) is is_warned
