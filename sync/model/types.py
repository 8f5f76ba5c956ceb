"""Leaf types shared by manifests and settings: strict where Kubernetes is strict, with the ranges of its schemas.

The validators live in the annotations; `sync.source` applies them when it turns YAML into these types.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict

Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Port = Annotated[int, Strict(), Field(ge=1, le=65535)]
OptionalPort = Annotated[int, Strict(), Field(ge=0, le=65535)]
"""A port that may be 0, where 0 means "none" or "any" in the CRD."""

Label = Annotated[str, Strict(), Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
"""An RFC 1123 label: names of Namespaces and Services (Kubernetes object names)."""

Subdomain = Annotated[
    str, Strict(), Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", max_length=253)
]
"""An RFC 1123 subdomain: names of all other objects."""

_QUOTED_FLAGS = {"true": True, "True": True, "false": False, "False": False}


def _unquote_flag(value: Any) -> Any:
    return _QUOTED_FLAGS.get(value, value) if isinstance(value, str) else value


QuotedFlag = Annotated[bool, Strict(), BeforeValidator(_unquote_flag)]
"""A boolean that may stand in quotes, as several do in AKO's own chart (helm/ako/values.yaml of AKO 2.2.1)."""
