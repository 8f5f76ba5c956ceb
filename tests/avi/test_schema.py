"""Avi's schema: the file, its loader, and the script that writes it."""

import json
from typing import Any

from sync.avi.schema import SCHEMA
from tools.make_avi_schema import lines_of

SWAGGER: dict[str, Any] = {
    "_meta": {"source": "a swagger, info.version 31.1.1 (commit 1234567), + more"},
    "Pool": {
        "properties": {
            "servers": {"type": "array", "items": "Server"},
            "ratio": {"type": "integer", "default": 0, "tier_default": {"B": 5, "S": 0}},
            "vrf_ref": {"type": "string", "ref": "VrfContext"},
            "cksum": {"type": "string", "read_only": True},
        }
    },
    "Server": {"properties": {"ip": {"type": "object", "of": "IpAddr"}}},
    "IpAddr": {"properties": {"addr": {"type": "string"}, "type": {"type": "string"}}},
    "Cloud": {"properties": {"name": {"type": "string"}}},
}


def test_the_script_keeps_what_is_known_of_the_fields_of_our_kinds_and_of_the_messages_in_them() -> None:
    """Defaults that are nothing count too; what is not said is left out."""
    written = json.loads("\n".join(lines_of(SWAGGER)))

    assert written == {
        "source": "a swagger, info.version 31.1.1",
        "version": "31.1.1",
        "messages": {
            "IpAddr": {"addr": {"is_address": True}, "type": {}},
            "Pool": {
                "cksum": {"is_internal": True},
                "ratio": {"default": 0, "tier_defaults": [5]},
                "servers": {"message": "Server", "is_list": True},
                "vrf_ref": {"is_reference": True},
            },
            "Server": {"ip": {"message": "IpAddr"}},
        },
    }


def test_every_message_that_a_field_holds_is_in_the_file() -> None:
    """So a walk through a body never leaves the schema."""
    held = {field.message for fields in SCHEMA.values() for field in fields.values() if field.message}

    assert held <= SCHEMA.keys()
