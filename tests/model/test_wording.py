"""How messages show values, and what they suggest."""

from typing import Any

import pytest

from sync.model.wording import commit_or_rename, did_you_mean, is_near, is_slip, nearest, shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, "null", id="null"),
        pytest.param(True, "true", id="true"),
        pytest.param(0, "0", id="a number"),
        pytest.param("80", '"80"', id="a text that looks like a number"),
        pytest.param("a\nb", '"a\\nb"', id="two lines"),
        pytest.param({"a": 1}, "a mapping", id="a mapping"),
        pytest.param([1], "a list", id="a list"),
        pytest.param("x" * 60, f'"{"x" * 60}"', id="sixty letters"),
        pytest.param("x" * 61, f'"{"x" * 57}…"', id="one more"),
    ],
)
def test_a_value_is_shown_as_its_author_wrote_it(value: Any, expected: str) -> None:
    """Short enough for one line."""
    assert shown(value) == expected


KNOWN = ("cloudName", "tenantName", "vrfName")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("cloudname", "cloudName", id="another case"),
        pytest.param("CLOUDNAME", "cloudName", id="all of it in another case"),
        pytest.param("tenatName", "tenantName", id="a letter less"),
        pytest.param("replicas", "", id="nothing like it"),
    ],
)
def test_the_nearest_name_is_the_one_that_is_meant(given: str, expected: str) -> None:
    """None where nothing is near."""
    assert nearest(given, KNOWN) == expected


@pytest.mark.parametrize(
    ("given", "known", "fix", "reference_fix"),
    [
        pytest.param("vrfNam", KNOWN, 'did you mean "vrfName"?', 'did you mean "vrfName"?', id="near"),
        pytest.param(
            "zzz",
            ("b", "a"),
            "remove it, or use one of: a, b",
            "commit it, or use one of: a, b",
            id="far",
        ),
        pytest.param("zzz", (), "remove it", "commit it", id="nothing is known"),
        pytest.param(
            "zzz",
            tuple("abcdefghij"),
            "remove it, or use one of: a, b, c, d, e, f, g, h and 2 more",
            "commit it, or use one of: a, b, c, d, e, f, g, h and 2 more",
            id="more than a line holds",
        ),
    ],
)
def test_a_fix_names_what_is_near_or_known(given: str, known: tuple[str, ...], fix: str, reference_fix: str) -> None:
    """For a name that is not known, and for a reference to nothing."""
    assert (did_you_mean(given, known), commit_or_rename(given, known)) == (fix, reference_fix)


@pytest.mark.parametrize(
    ("given", "meant", "expected"),
    [
        ("Gatway", "Gateway", True),
        ("gateway", "Gateway", True),
        ("Gateway", "Gateway", False),
        ("L7Rule", "L4Rule", False),
        ("Ingress", "Gateway", False),
    ],
)
def test_a_slip_of_the_pen_is_told_from_another_word(given: str, meant: str, expected: bool) -> None:
    """A slip holds what is live; another word is somebody else's business."""
    assert is_slip(given, meant) is expected


@pytest.mark.parametrize(
    ("given", "meant", "expected"),
    [
        pytest.param("webb", "web", True, id="doubled"),
        pytest.param("we", "web", True, id="dropped"),
        pytest.param("wib", "web", True, id="changed"),
        pytest.param("Web", "web", True, id="another case"),
        pytest.param("ewb", "web", True, id="swapped"),
        pytest.param("web", "web", False, id="the same"),
        pytest.param("web2", "web", False, id="numbered"),
        pytest.param("web-1", "web-2", False, id="another number"),
        pytest.param("a", "b", False, id="too short to tell"),
        pytest.param("orders-east", "orders-west", False, id="another word"),
    ],
)
def test_a_name_with_a_typing_error_is_told_from_another_name(given: str, meant: str, expected: bool) -> None:
    """Numbered names are names of their own."""
    assert is_near(given, meant) is expected
