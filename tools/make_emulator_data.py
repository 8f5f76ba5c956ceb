"""The emulator's data files, made from the two reference documents about Avi's API.

    python tools/make_emulator_data.py --schema avi-schema.json --system avi-system-objects.json

writes `sync/emulator/data/schema.json` (types, fields, defaults, ranges, references) and
`sync/emulator/data/system_objects.json` (what a fresh Controller holds). Only facts that the emulator reads are kept.
The output depends on the input alone and is sorted, so that a new release of the API shows as a readable diff.
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = Any
DATA = Path(__file__).resolve().parent.parent / "sync" / "emulator" / "data"

COPIED = ("type", "of", "ref", "enum", "allowed", "min", "max", "min_items", "max_items", "default", "tier_default")
FLAGS = ("required", "read_only", "immutable")
# Referred to by some field, but only discovered by a Controller, never written through its API.
DISCOVERED = ("VIMgrClusterRuntime", "VIMgrHostRuntime", "VIMgrNWRuntime", "VIMgrVMRuntime", "TestSeDatastoreLevel1")
# What a type without a description of its own is given: the envelope that all objects have (API guide, overview).
ENVELOPE = {
    "_last_modified": {"type": "string", "read_only": True},
    "name": {"type": "string", "required": True},
    "tenant_ref": {"type": "string", "ref": "Tenant"},
    "url": {"type": "string", "read_only": True},
    "uuid": {"type": "string"},
}
# Types that clients read and no field refers to.
STORED_TOO = frozenset({"WafApplicationSignatureProvider", "WafCRS", "WafProfile"})
# What came after the swagger (the SDK's models of 32.2.1; the type is there from 32.1.4 on).
CLUSTER_SINCE = "32.1.4"
LATER: dict[str, Json] = {
    "AkoAmkoCluster": {
        "path": "akoamkocluster",
        "since": CLUSTER_SINCE,
        "fields": {
            "_last_modified": {"type": "string", "read_only": True},
            "cloud_ref": {"type": "string", "ref": "Cloud"},
            "cluster_type": {"type": "string", "enum": ["CLUSTER_TYPE_AKO", "CLUSTER_TYPE_AMKO"]},
            "created_by": {"type": "string", "required": True},
            "deployment_info": {"type": "object", "of": "AkoAmkoClusterDeploymentInfo"},
            "name": {"type": "string", "required": True},
            "url": {"type": "string", "read_only": True},
            "uuid": {"type": "string"},
            "version_info": {"type": "object", "of": "AkoAmkoClusterVersionInfo"},
        },
    },
    "AkoAmkoClusterDeploymentInfo": {
        "fields": {
            "namespace": {"type": "string"},
            "pod_name": {"type": "string"},
            "replica_count": {"type": "integer"},
        }
    },
    "AkoAmkoClusterVersionInfo": {
        "fields": {"ako_amko_version": {"type": "string"}, "kubernetes_version": {"type": "string"}}
    },
}
# Fields that the swagger no longer has but older Controllers show, with the release that is known to lack them.
REMOVED = {
    # Recorded on 20.1.1 (test_clone_vs#4) and in the export of 20.1.6.
    "Cloud": {"apic_mode": {"type": "boolean", "default": False, "until": "30.2.1"}},
}
# What answers never show: a private key is left out (recorded, test_ssl_vs#3), texts with such names are masked (seen
# in AKO's mocks).
HIDDEN = {("SSLKeyAndCertificate", "key")}
MASKED = re.compile(
    r"(.*_)?(password|passphrase|secret|secret_key|secret_access_key|authentication_token|recovery_token)"
)
# License tiers that allow less than Enterprise: Essentials, Basic.
LOWER_TIERS = ("S", "B")
# Left out of the export's bodies because their keys were taken for secrets there; an entry without key is no entry.
DAMAGED = {"StringGroup": {"kv"}}
# Types whose system objects the export names without a body that could be shown (secrets, permissions).
NAMED_ONLY = {
    "SSLKeyAndCertificate": {"type": "SSL_CERTIFICATE_TYPE_SYSTEM", "certificate": {"self_signed": True}},
    "Role": {},
}


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schema", type=Path, required=True, help="JSON: type name → properties")
    parser.add_argument("--system", type=Path, required=True, help="JSON: system objects by type")
    parser.add_argument("--out", type=Path, default=DATA, help="folder to write to")
    arguments = parser.parse_args()
    schema = json.loads(arguments.schema.read_text(encoding="utf-8"))
    system = json.loads(arguments.system.read_text(encoding="utf-8"))

    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "schema.json").write_text(schema_text(schema), encoding="utf-8")
    (arguments.out / "system_objects.json").write_text(system_text(schema, system), encoding="utf-8")


def schema_text(schema: Mapping[str, Json]) -> str:
    """`schema.json`: one line per type, `{"path": …, "fields": {name: facts}}`; parts of other types have no path."""
    described = {name: facts for name, facts in schema.items() if name != "_meta"}
    types: dict[str, Json] = {name: type_facts(name, facts) for name, facts in described.items()}
    types |= LATER
    for name in sorted((referred_types(described) | STORED_TOO) - described.keys()):
        types[name] = {"path": name.lower(), "open": True, "fields": ENVELOPE}
    meta = {"source": schema["_meta"]["source"], "version": "30.2.1", "made_by": "tools/make_emulator_data.py"}
    return lines({"_meta": meta, **dict(sorted(types.items()))})


def type_facts(type_name: str, described: Mapping[str, Json]) -> dict[str, Json]:
    """The facts of one type that the emulator uses."""
    fields = {name: field_facts(field) for name, field in described["properties"].items()}
    for name, facts_of_field in fields.items():
        if (type_name, name) in HIDDEN:
            facts_of_field["concealed"] = "left out"
        elif facts_of_field["type"] == "string" and MASKED.fullmatch(name):
            facts_of_field["concealed"] = "masked"
    facts: dict[str, Json] = {"fields": fields | REMOVED.get(type_name, {})}
    if "path" in described:
        facts["path"] = described["path"]
    for name in described.get("required", ()):
        facts["fields"][name]["required"] = True
    return facts


def field_facts(described: Mapping[str, Json]) -> dict[str, Json]:
    """The facts of one field that the emulator uses.

    `since` keeps the lowest of the releases that a field was added in (a field may come to several branches); answers
    recorded from a 20.1.1 Controller agree with that reading.
    """
    facts = {key: described[key] for key in COPIED if key in described}
    facts.update({key: True for key in FLAGS if described.get(key)})
    if facts.get("ref") in DISCOVERED:
        del facts["ref"]
    if "items" in described:
        facts["items"] = described["items"]
    if "special" in described:
        facts["special"] = sorted(int(value) for value in described["special"] if value.lstrip("-").isdigit())
    tiers = described.get("tiers")
    limits = {tier: tiers.get(tier, []) for tier in LOWER_TIERS if tiers.get(tier) is not True} if tiers else {}
    if limits and not described.get("internal"):  # what the Controller writes itself is not held to a license
        facts["tiers"] = limits
    if "since" in described:
        facts["since"] = min(described["since"].split(","), key=lambda text: [int(part) for part in text.split(".")])
    return facts


def referred_types(described: Mapping[str, Json]) -> set[str]:
    """The types that some field refers to."""
    fields = (field for facts in described.values() for field in facts["properties"].values())
    return {field["ref"] for field in fields if "ref" in field} - set(DISCOVERED)


def system_text(schema: Mapping[str, Json], system: Mapping[str, Json]) -> str:
    """`system_objects.json`: `{"objects": [[type, body], …]}`, each object after those it refers to."""
    version = system["_meta"]["version"]
    meta = {
        "source": system["_meta"]["source"],
        "version": version["Version"],
        "made_by": "tools/make_emulator_data.py",
        "build": {key: version[key] for key in sorted(version)},
    }
    bodies = {(type_name, body["name"]): body for type_name, body in system_bodies(schema, system)}
    ordered = [[key[0], bodies[key]] for key in sorted(bodies, key=lambda key: (depth(bodies, key), key))]
    rows = ",\n".join(json.dumps(row, sort_keys=True) for row in ordered)
    return f'{{"_meta": {json.dumps(meta, sort_keys=True)},\n"objects": [\n{rows}\n]}}\n'


def system_bodies(schema: Mapping[str, Json], system: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    """Each system object without identity (a Controller gives its own uuids), times and server-side extensions."""
    for type_name, objects in system["defaults"].items():
        for body in objects:
            identity = set() if type_name == "Tenant" else {"uuid"}
            dropped = {"url", "_last_modified", "extension", "tenant_ref"} | identity | DAMAGED.get(type_name, set())
            yield type_name, {key: value for key, value in body.items() if key not in dropped}
    for type_name, body in NAMED_ONLY.items():
        fields = schema[type_name]["properties"]
        for name in system["system_default_names"][type_name.lower()]:
            yield type_name, {"name": name, **{key: value for key, value in body.items() if key in fields}}


def depth(bodies: Mapping[tuple[str, str], Json], key: tuple[str, str]) -> int:
    """How many references lie between an object and one that refers to nothing in `bodies`."""
    text = json.dumps(bodies[key])
    below = [other for other in bodies if other != key and refers_to(text, other)]
    return 1 + max((depth(bodies, other) for other in below), default=-1)


def refers_to(text: str, key: tuple[str, str]) -> bool:
    """Whether an encoded body holds a portable reference (`/api/<type>/?tenant=…&name=…`) to the object."""
    type_name, name = key
    path = f"/api/{type_name.lower()}/?"
    return any(f"{path}{tenant}name={name}{end}" in text for tenant in ("", "tenant=admin&") for end in ('"', "&"))


def lines(document: Mapping[str, Json]) -> str:
    """A JSON object with one line per key."""
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in document.items())
    return f"{{\n{rows}\n}}\n"


if __name__ == "__main__":
    main()
