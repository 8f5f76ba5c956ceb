"""The data files and the script that makes them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sync.emulator.schema import load_schema, system_objects

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make_emulator_data.py"
VERSION = {"Version": "20.1.6", "Product": "controller"}
SCHEMA: dict[str, Any] = {
    "_meta": {"source": "a swagger"},
    "Pool": {
        "path": "pool",
        "root": True,
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "tiers": {"E": True, "B": [1]}},
            "timeout": {"type": "integer", "min": 1, "special": {"0": "none", "MAX": "all"}, "since": "18.2.1,17.2.9"},
            "policy_ref": {"type": "string", "ref": "ErrorPolicy"},
            "servers": {"type": "array", "items": "Server"},
        },
    },
    "Server": {"properties": {"port": {"type": "integer", "unit": "PORT", "default": 80}}},
    "Role": {"path": "role", "properties": {"name": {"type": "string"}}},
    "SSLKeyAndCertificate": {"path": "sslkeyandcertificate", "properties": {"certificate": {"type": "string"}}},
}
SYSTEM: dict[str, Any] = {
    "_meta": {"source": "an export", "version": VERSION},
    "system_default_names": {"role": ["Reader"], "sslkeyandcertificate": ["Cert"]},
    "defaults": {
        "Pool": [{"uuid": "pool-1", "name": "a", "policy_ref": "/api/server/?tenant=admin&name=z"}],
        "Server": [{"uuid": "server-1", "url": "/api/server/server-1", "name": "z"}],
    },
}


def run(folder: Path) -> tuple[str, str]:
    """Both files as the script writes them from the documents above."""
    (folder / "schema.in").write_text(json.dumps(SCHEMA))
    (folder / "system.in").write_text(json.dumps(SYSTEM))
    arguments = ["--schema", f"{folder}/schema.in", "--system", f"{folder}/system.in", "--out", str(folder)]
    subprocess.run([sys.executable, str(TOOL), *arguments], check=True)
    return (folder / "schema.json").read_text(), (folder / "system_objects.json").read_text()


def test_script_keeps_the_facts_that_are_used(tmp_path: Path) -> None:
    """Types, ranges, defaults and references stay, and what is only referred to becomes a type."""
    schema = json.loads(run(tmp_path)[0])

    assert schema["Pool"]["path"] == "pool"
    assert schema["Pool"]["fields"]["name"] == {"type": "string", "required": True, "tiers": {"S": [], "B": [1]}}
    assert schema["Pool"]["fields"]["timeout"] == {"type": "integer", "min": 1, "special": [0], "since": "17.2.9"}
    assert schema["Server"] == {"fields": {"port": {"type": "integer", "default": 80}}}
    assert (schema["ErrorPolicy"]["path"], schema["ErrorPolicy"]["open"]) == ("errorpolicy", True)
    assert schema["_meta"]["source"] == "a swagger"


def test_script_orders_system_objects(tmp_path: Path) -> None:
    """An object comes after those that it refers to, without the identity it had elsewhere."""
    system = json.loads(run(tmp_path)[1])

    names = [(type_name, body["name"]) for type_name, body in system["objects"]]
    assert names.index(("Server", "z")) < names.index(("Pool", "a"))
    assert {"Reader", "Cert"} <= {name for _, name in names}
    assert not any({"uuid", "url"} & body.keys() for _, body in system["objects"])


def test_script_is_deterministic(tmp_path: Path) -> None:
    """The same input gives the same bytes."""
    assert run(tmp_path) == run(tmp_path)


def test_shipped_schema_holds_together() -> None:
    """Every message and every type that a field names is there, and defaults are allowed values."""
    schema = load_schema((30, 2, 1), "ENTERPRISE")

    for message in schema.messages.values():
        for field in message.fields.values():
            assert field.message is None or field.message in schema.messages, (message.name, field.name)
            assert field.refers_to is None or field.refers_to in schema.messages, (message.name, field.name)
            default = message.defaults.get(field.name)
            assert default is None or field.enum is None or default in field.enum, (message.name, field.name)
    assert {"virtualservice", "vsvip", "pool", "l4policyset", "healthmonitor"} <= schema.by_path.keys()


def test_shipped_system_objects_are_of_known_types() -> None:
    """Each system object has a type of the schema and a name."""
    schema = load_schema((30, 2, 1), "ENTERPRISE")

    assert all(type_name in schema.messages and body["name"] for type_name, body in system_objects())
