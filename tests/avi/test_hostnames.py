"""DNS names, and how they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.avi.hostnames import Hostname, is_under

NAMES = st.lists(st.text("aZ9-", min_size=1, max_size=9), min_size=1, max_size=4).map(".".join)


@given(NAMES)
def test_case_and_a_dot_at_the_end_make_no_other_name(name: str) -> None:
    """No two VsVips can have what DNS takes for one name."""
    forms = [name, name.upper(), f"{name.lower()}."]

    found = Hostname.all_of("VsVip", "cloud", {"dns_info": [{"fqdn": form} for form in forms]})

    assert len(found) == 1


@pytest.mark.parametrize(
    ("name", "domains", "expected"),
    [
        pytest.param("web.example.com", ("example.com",), True, id="below"),
        pytest.param("example.com", ("example.com",), True, id="the domain itself"),
        pytest.param("Web.Example.com.", (".example.COM",), True, id="in other letters, with dots"),
        pytest.param("web.example.com", ("example.org", "example.com."), True, id="of several"),
        pytest.param("webexample.com", ("example.com",), False, id="no label of its own"),
        pytest.param("web.example.com", (), False, id="no domain"),
    ],
)
def test_a_name_is_under_a_domain(name: str, domains: tuple[str, ...], expected: bool) -> None:
    """Ignoring case, a dot at the end, and a dot that a domain starts with."""
    assert is_under(name, domains) is expected
