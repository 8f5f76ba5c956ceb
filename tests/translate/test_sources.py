"""What `explain` says of a field is so: held against every golden tree."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from sync.desired import load_source, make_desired
from sync.inspection import Inspection
from sync.kinds import KINDS, OURS_AFTER_RENDERING
from sync.model.explanation import ExplainedField
from sync.model.facts import assumed_facts
from sync.model.resources.ako import BackendProperties, L4Rule, L4RuleSpec
from sync.model.resources.core import Protocol
from sync.source.facts_file import read_facts_file
from sync.source.git.source import SourceRequest
from sync.source.yaml_documents import parse_documents
from sync.translate.l4_rule import ANNOTATION as RULE_ANNOTATION
from sync.translate.translation import translate
from tests.shared.builders import (
    OWN_TEMPLATES,
    make_facts,
    make_gateway,
    make_load_balancer,
    make_metadata,
    make_origin,
    make_service,
    make_settings,
    make_slice,
    make_tree_of,
)

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = sorted(
    path.parent.name
    for path in GOLDEN.glob("*/objects.yaml")
    if yaml.load(path.read_text(), yaml.CSafeLoader)["objects"]
)


def explained(case: str, cache: Path) -> Iterator[tuple[Any, tuple[ExplainedField, ...]]]:
    """Every object of a golden tree with its explanation."""
    folder = GOLDEN / case
    source = load_source(SourceRequest(location=str(folder / "repo"), cache_dir=cache, plain_folder_allowed=True))
    assert source.settings is not None
    facts_file = folder / "facts.yaml"
    facts = read_facts_file(facts_file) if facts_file.exists() else assumed_facts("Default-Cloud")
    desired = make_desired(source, facts)
    inspection = Inspection(source=source, settings=source.settings, facts=facts, desired=desired, live=None)
    for each in inspection.explained(desired):
        yield each.item, each.fields


@pytest.mark.parametrize("case", CASES)
def test_every_field_has_a_source_that_exists(case: str, tmp_path: Path) -> None:
    """No field of any body is left out, none is without a source, and each place that is named is in the tree."""
    for item, fields in explained(case, tmp_path):
        names = {field.field.partition("[")[0] for field in fields}
        assert names == item.body.keys() | item.left_alone
        assert [field.field for field in fields if not field.sources] == []
        places = [source for field in fields for source in field.sources if source.origin]
        assert [place for place in places if not _is_there(GOLDEN / case / "repo", place)] == []


def _is_there(repo: Path, place: Any) -> bool:
    """Whether the file has the field, and its last key (or its first item) stands in the line that is named."""
    content = (repo / place.origin.file).read_bytes()
    line = content.decode().splitlines()[place.origin.line - 1]
    if not place.field:
        return True
    (here,) = (d.value for d in parse_documents(content, max_aliases=1000) if d.index == place.origin.document)
    for step in (*place.origin.path, *place.field):
        if isinstance(here, Mapping):
            if step not in here:
                return False
            here = here[step]
        else:
            here = here[int(step)]
    last = place.field[-1]
    return isinstance(last, int) or str(last) in line


@pytest.mark.parametrize("case", CASES)
def test_a_value_that_is_written_down_is_the_one_that_is_rendered(case: str, tmp_path: Path) -> None:
    """Where a field comes from one place that holds a plain text or number, the body says the same."""
    for _, fields in explained(case, tmp_path):
        for field in fields:
            if len(field.sources) == 1 and field.field not in ("markers", "created_by", "name"):
                written = _written(GOLDEN / case / "repo", field.sources[0])
                if isinstance(written, str | int) and not isinstance(written, bool) and field.field in _VERBATIM:
                    assert str(written) in unquote(str(field.values.desired)), (field, written)


_VERBATIM = frozenset(
    {
        "application_profile_ref",
        "cloud_ref",
        "lb_algorithm",
        "min_servers_up",
        "network_profile_ref",
        "se_group_ref",
        "tenant_ref",
        "tier1_lr",
        "vip[0].ip6_address",
        "vip[0].ip_address",
        "vrf_context_ref",
        "vrf_ref",
    }
)
"""Fields that repeat what a manifest or a setting says."""


def _written(repo: Path, place: Any) -> Any:
    if place.origin is None or not place.field:
        return None
    documents = parse_documents((repo / place.origin.file).read_bytes(), max_aliases=1000)
    (here,) = (document.value for document in documents if document.index == place.origin.document)
    for step in (*place.origin.path, *place.field):
        here = here[step]
    return here


@pytest.mark.parametrize("case", CASES)
def test_each_server_and_each_hostname_is_in_a_place_that_is_named(case: str, tmp_path: Path) -> None:
    """An address of a pool stands in one of its sources; a DNS name, too, unless it is an automatic one."""
    repo = GOLDEN / case / "repo"
    for _, fields in explained(case, tmp_path):
        for field in fields:
            texts = [str(_written(repo, place)) for place in field.sources]
            for server in field.values.desired if field.field == "servers" and field.values.desired else ():
                assert any(server["ip"]["addr"] in text for text in texts), (server, field.sources)
            for entry in field.values.desired if field.field == "dns_info" else ():
                is_automatic = any(place.said == "named automatically" for place in field.sources)
                assert is_automatic or any(entry["fqdn"] in text for text in texts), (entry, field.sources)


EVERY_KIND = (
    make_gateway(),
    make_service(),
    make_slice(),
    make_load_balancer("mail", annotations={RULE_ANNOTATION: "tuned"}),
    make_slice("mail"),
    L4Rule(
        metadata=make_metadata("tuned", "shop"),
        origin=make_origin("L4Rule", "tuned"),
        spec=L4RuleSpec(backend_properties=(BackendProperties(port=443, protocol=Protocol.TCP),)),
    ),
)
"""A Gateway, and a Service with an L4Rule."""


def test_sources_are_recorded_only_for_who_asks() -> None:
    """A plan does not need them, and they change nothing that is made."""
    tree = make_tree_of(*EVERY_KIND)

    plain = translate(tree, make_settings(), make_facts())
    recorded = translate(tree, make_settings(), make_facts(), records_sources=True)

    assert recorded == plain
    assert not any(spec.sources for spec in plain.specs)
    assert all(spec.sources for spec in recorded.specs)


def test_each_recorded_field_is_one_of_its_kind() -> None:
    """It is written by the template of the kind, or set after rendering: no source outlives its field."""
    recorded = translate(make_tree_of(*EVERY_KIND), make_settings(), make_facts(), records_sources=True)

    assert {spec.key.kind for spec in recorded.specs} == KINDS.keys()
    for spec in recorded.specs:
        fields = {name.rpartition(".")[2] for name in spec.sources} - OURS_AFTER_RENDERING
        assert [name for name in fields if f'"{name}"' not in OWN_TEMPLATES[spec.key.kind].text] == []
