"""DNS names of Services (ako-semantics §4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.translate.fqdn import auto_fqdn, subdomain
from tests.builders import make_facts, make_settings


@pytest.mark.parametrize(
    ("domains", "network", "l4", "expected"),
    [
        pytest.param([], "", "", None, id="no DNS profile"),
        pytest.param(["b.example.com", "a.example.com"], "", "", "a.example.com", id="the first after sorting"),
        pytest.param(["a.example.com", ".com"], "", "", "com", id="a dot sorts first and is taken off"),
        pytest.param(["a.example.com", "b.example.com"], "b.example.com", "", "b.example.com", id="the default domain"),
        pytest.param(["a.example.com", "b.example.com"], "", "b.example.com", "b.example.com", id="of L4Settings"),
        pytest.param(["a.x", "b.x", "c.x"], "c.x", "b.x", "c.x", id="NetworkSettings before L4Settings"),
        pytest.param(["a.example.com"], "z.example.com", "", "a.example.com", id="a default that the profile lacks"),
        pytest.param([], "z.example.com", "", None, id="a default without profile"),
        pytest.param([".b.x", "a.x"], ".b.x", "", "b.x", id="the default with its dot"),
        pytest.param([".b.x", ".a.x"], "b.x", "", "a.x", id="the default must match with its dot"),
    ],
)
def test_names_are_formed_under_the_default_or_the_first_domain(
    domains: list[str], network: str, l4: str, expected: str | None
) -> None:
    """The default domain counts only if the cloud's DNS profile has it."""
    given_settings = make_settings(NetworkSettings={"defaultDomain": network}, L4Settings={"defaultDomain": l4})

    assert subdomain(given_settings, make_facts(domains=domains)) == expected


@pytest.mark.parametrize(
    ("mode", "service", "namespace", "expected"),
    [
        pytest.param("default", "front", "shop", "front.shop.x", id="default"),
        pytest.param("flat", "front", "shop", "front-shop.x", id="flat"),
        pytest.param("disabled", "front", "shop", None, id="disabled"),
        pytest.param("", "front", "shop", None, id="empty is disabled"),
        pytest.param("Default", "front", "shop", None, id="another spelling is disabled"),
        pytest.param("default", "2nd", "1st", "s2nd.n1st.x", id="a digit in front gets a letter"),
        pytest.param("default", "2" * 63, "shop", f"{'2' * 63}.shop.x", id="no letter where there is no room"),
        pytest.param("flat", "s" * 60, "n" * 10, f"{'s' * 52}-{'n' * 10}.x", id="flat cuts the Service"),
        pytest.param("flat", "front", "n" * 63, f"front-{'n' * 57}.x", id="flat cuts a namespace that leaves no room"),
        pytest.param("flat", "front", "n" * 62, f"front-{'n' * 57}.x", id="62 characters leave no room either"),
        pytest.param("flat", "front", "n" * 61, f"f-{'n' * 61}.x", id="61 characters leave one"),
        pytest.param("flat", "s" * 62, "n" * 63, f"{'s' * 14}-{'n' * 48}.x", id="neither leaves room"),
        pytest.param("flat", "front", "n" * 56 + "-" + "n" * 6, f"front-{'n' * 56}.x", id="no dash at the cut"),
    ],
)
def test_a_name_is_formed_as_ako_forms_it(mode: str, service: str, namespace: str, expected: str | None) -> None:
    """By L4Settings.autoFQDN (LU:281-338)."""
    given_settings = make_settings(L4Settings={"autoFQDN": mode})

    assert auto_fqdn(service, namespace, given_settings, make_facts(domains=["x"])) == expected


def test_there_is_no_name_without_a_domain() -> None:
    """A cloud without DNS profile gives none."""
    assert auto_fqdn("front", "shop", make_settings(), make_facts()) is None


LABELS = st.builds(
    lambda length, dash: ("n" * length if dash is None else "n" * dash + "-" + "n" * length)[:63].rstrip("-"),
    st.integers(1, 63),
    st.none() | st.integers(1, 62),
)


@given(LABELS, LABELS)
@settings(max_examples=150, deadline=None)
def test_a_flat_label_is_never_longer_than_dns_allows(service: str, namespace: str) -> None:
    """63 characters (RFC 1035)."""
    name = auto_fqdn(service, namespace, make_settings(L4Settings={"autoFQDN": "flat"}), make_facts(domains=["x"]))

    assert name is not None
    assert len(name.removesuffix(".x")) <= 63
