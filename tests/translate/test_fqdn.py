"""DNS names of Services (AKO-AUTO-FQDN, AKO-DNS-DOMAIN)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.translate.findings import Findings
from sync.translate.fqdn import auto_fqdn, check_name, distinct_names, subdomain
from tests.shared.builders import make_facts, make_gateway, make_settings


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
        pytest.param(["a.x", "B.x"], "b.X.", "", "B.x", id="the default in other letters"),
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
    """By L4Settings.autoFQDN (AKO-AUTO-FQDN)."""
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


# --- names that people write ------------------------------------------------------------------------------------------

NAMES = st.lists(st.text("aZ9-", min_size=1, max_size=63), min_size=1, max_size=5).map(".".join)


def problems_with(name: str) -> list[str]:
    """What is wrong with a hostname."""
    findings = Findings()
    check_name(name, make_gateway(), ("spec", "listeners", 0, "hostname"), findings)
    return [problem.message for problem in findings.problems]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("web_1.example.com", id="an underscore"),
        pytest.param("-web.example.com", id="a hyphen first"),
        pytest.param("web-.example.com", id="a hyphen last"),
        pytest.param("web..example.com", id="an empty label"),
        pytest.param("web.example.com..", id="two dots at the end"),
        pytest.param("wéb.example.com", id="a letter of another alphabet"),
        pytest.param("a.example.com,b.example.com", id="two names"),
        pytest.param("https://web.example.com", id="a URL"),
        pytest.param("web.example.com:443", id="a port"),
        pytest.param("*.example.com", id="a wildcard"),
        pytest.param("*", id="any name"),
        pytest.param("192.0.2.1", id="an address"),
        pytest.param(f"{'a' * 64}.example.com", id="a label that is too long"),
        pytest.param(".".join(["a" * 50] * 5), id="a name that is too long"),
    ],
)
def test_what_is_not_the_name_of_a_host_is_an_error(name: str) -> None:
    """RFC 1123; the Controller refuses the VIP."""
    (message,) = problems_with(name)
    assert name[:20] in message


@given(NAMES, st.sampled_from(["", "."]))
def test_a_name_is_right_if_none_of_its_labels_starts_or_ends_with_a_hyphen(name: str, end: str) -> None:
    """In any case, and with or without a dot at its end."""
    is_right = len(name) <= 253 and not any(label.startswith("-") or label.endswith("-") for label in name.split("."))

    assert (problems_with(name + end) == []) is is_right
    assert len(distinct_names([name, name.upper(), name.lower() + "."])) == 1
