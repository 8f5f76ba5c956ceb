"""Owners that a guard lets no plan take down."""

import pytest

from sync.avi.markers import Markers
from sync.model.desired import ObjectSpec
from sync.model.resources.core import Service
from sync.translate.findings import Findings
from sync.translate.protection import with_protection
from tests.shared.builders import make_service, make_spec

MARK = ("Protected", ("true",))


def annotated(text: str | None) -> Service:
    """A manifest with this annotation."""
    return make_service(annotations=None if text is None else {"avi-sync/protect": text})


def protected(*texts: str | None) -> tuple[tuple[ObjectSpec, ...], Findings]:
    """The spec of an owner whose manifests have these annotations, and what is wrong with them."""
    findings = Findings()
    return with_protection((make_spec(),), [annotated(text) for text in texts], findings), findings


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([None], False, id="without"),
        pytest.param(["true"], True, id="true"),
        pytest.param(["True"], True, id="as Python writes it"),
        pytest.param(["false"], False, id="false"),
        pytest.param(["false", None, "true"], True, id="one of several manifests"),
    ],
)
def test_an_owner_is_protected_if_one_of_its_manifests_asks_for_it(texts: list[str | None], expected: bool) -> None:
    """The mark is on every object, beside those that are there."""
    expected_markers = Markers((*make_spec().markers, *([MARK] if expected else [])))

    ((spec,), findings) = protected(*texts)

    assert (spec.markers, findings.problems) == (expected_markers, [])


@pytest.mark.parametrize("text", ["yes", "1", "on", "treu"])
def test_a_value_that_is_no_boolean_holds_the_owner(text: str) -> None:
    """Who writes it means to be protected: nobody must take it for a no."""
    _, findings = protected(text)

    assert [(item.message, item.field) for item in findings.problems] == [
        (f'"{text}" is neither true nor false', ("metadata", "annotations", "avi-sync/protect"))
    ]
    assert findings.has_errors
