"""A facts file → what a Controller would tell."""

from pathlib import Path

import pytest

from sync.errors import SourceError
from sync.model.facts import CloudFacts, Facts
from sync.source.facts_file import read_facts_file

WHOLE = """\
controller: {version: 31.1.1, license: ESSENTIALS}
cloud: {name: Edge, vtype: CLOUD_NSXT, ipam_type: IPAMDNS_TYPE_CUSTOM, dns_domains: [a.example.com]}
network_vrf: {vips: blue}
missing: [network/old]
shared_names: [network/many]
assume_exists: true
networks: [{name: vips, subnets: [10.0.0.0/24]}]
serviceenginegroups: [edge]
tenants: [retail]
"""


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """The keys that only seed the emulator are accepted."""
    (tmp_path / "facts.yaml").write_text(WHOLE)

    facts = read_facts_file(tmp_path / "facts.yaml")

    assert facts == Facts(
        version="31.1.1",
        license="ESSENTIALS",
        cloud=CloudFacts(
            name="Edge", vtype="CLOUD_NSXT", ipam_type="IPAMDNS_TYPE_CUSTOM", dns_domains=("a.example.com",)
        ),
        network_vrf={"vips": "blue"},
        missing=frozenset({"network/old"}),
        shared_names=frozenset({"network/many"}),
    )
    assert not facts.has("network", "old")
    assert facts.has("network", "vips")
    assert not facts.has_tcp_proxy
    assert not facts.is_assumed


def test_an_empty_file_is_a_common_controller(tmp_path: Path) -> None:
    """Every key has a default."""
    (tmp_path / "facts.yaml").write_text("# nothing\n")

    assert read_facts_file(tmp_path / "facts.yaml") == Facts()


@pytest.mark.parametrize(
    ("text", "where", "message", "fix"),
    [
        pytest.param("cloud:\n  vtyp: x\n", ":2: cloud.vtyp", 'unknown key "vtyp"', 'did you mean "vtype"?', id="typo"),
        pytest.param("missing: all\n", ":1: missing", '"all" is not a list', "`- `", id="text for list"),
        pytest.param("controller: {version: 30.2}\n", ":1: controller.version", "30.2 is not text", "", id="number"),
        pytest.param(
            "network_ranges: {vips: [10.0.0.9-10.0.0.1]}\n",
            ":1: network_ranges.vips[0]",
            "not a range of addresses",
            "write it as 10.0.0.10-10.0.0.20",
            id="range backwards",
        ),
        pytest.param(
            "network_subnets:\n  vips: [10.0.0/24]\n",
            ":2: network_subnets.vips[0]",
            "not a subnet",
            "write it as 10.0.0.0/24",
            id="no subnet",
        ),
        pytest.param("a: [\n", ":2", "not valid YAML", "correct", id="syntax"),
        pytest.param("a: 1\n---\nb: 2\n", ":3", "several documents", "keep one", id="two documents"),
        pytest.param("- a\n", ":1: ", "a list is not a mapping", "key: value", id="list"),
    ],
)
def test_a_wrong_file_says_where_and_how_to_put_it_right(
    text: str, where: str, message: str, fix: str, tmp_path: Path
) -> None:
    """With file and line."""
    path = tmp_path / "facts.yaml"
    path.write_text(text)

    with pytest.raises(SourceError) as caught:
        read_facts_file(path)

    assert caught.value.where == f"{path}{where}"
    assert message in caught.value.message
    assert fix in caught.value.fix


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A folder is no file either."""
    with pytest.raises(SourceError, match="the facts file cannot be read"):
        read_facts_file(tmp_path / "nowhere.yaml")
    with pytest.raises(SourceError, match="the facts file cannot be read"):
        read_facts_file(tmp_path)
