"""Sources of values."""

from sync.model.problem import Origin
from sync.model.provenance import in_manifest, in_values, in_words
from sync.model.templates import TemplateText
from tests.shared.builders import make_gateway


def test_a_setting_that_is_not_written_has_its_default() -> None:
    """The words for it name the key; the key itself is shown as people write it."""
    source = in_values("NetworkSettings", "vipNetworkList", 0, said="the first one")

    assert (source.field_text, source.said) == ("NetworkSettings.vipNetworkList[0]", "the first one")
    assert source.default == "default of NetworkSettings.vipNetworkList[0] in values.yaml"
    assert source.origin == Origin(file="values.yaml")


def test_a_field_of_a_manifest_stands_where_the_manifest_stands() -> None:
    """Its line is looked up only when it is shown; words have no place."""
    gateway = make_gateway()

    assert in_manifest(gateway, "spec", "addresses", 0).origin == gateway.origin
    assert in_words("default").origin is None


def test_a_template_knows_the_line_of_a_field() -> None:
    """The first that writes its name; the first line of all if none does."""
    template = TemplateText(file="templates/pool.json.j2", text='{\n "a": 1,\n "b": 2, "a": 3}')

    assert [template.line_of(name) for name in ("a", "b", "c")] == [2, 3, 1]
