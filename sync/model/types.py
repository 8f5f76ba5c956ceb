"""Leaf types shared by manifests and settings: strict where Kubernetes is strict, with the ranges of its schemas.

The validators live in the annotations; `sync.source` applies them when it turns YAML into these types.
"""

import ipaddress
import re
from datetime import date, time
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict
from pydantic_core import PydanticCustomError

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


def or_default(default: str) -> BeforeValidator:
    """An empty text stands for the default, as an empty environment variable does in AKO."""
    return BeforeValidator(lambda value: default if value == "" else value)


_QUOTED_FLAGS = {"true": True, "True": True, "false": False, "False": False}


def _unquote_flag(value: Any) -> Any:
    return _QUOTED_FLAGS.get(value, value) if isinstance(value, str) else value


QuotedFlag = Annotated[bool, Strict(), BeforeValidator(_unquote_flag)]
"""A boolean that may stand in quotes, as several do in AKO's own chart (helm/ako/values.yaml of AKO 2.2.1)."""


def address_range(value: Any) -> Any:
    """A range of addresses of one family, first and last, `10.0.0.10-10.0.0.20`."""
    try:
        first, last = (ipaddress.ip_address(text.strip()) for text in str(value).split("-"))
    except ValueError:
        raise PydanticCustomError("address_range", "no range of addresses") from None
    if first.version != last.version or int(first) > int(last):
        raise PydanticCustomError("address_range", "no range of addresses")
    return value


AddressRange = Annotated[str, Strict(), BeforeValidator(address_range)]
"""Addresses of one family, first and last."""


def subnet(value: Any) -> Any:
    """A subnet, `10.0.0.0/24`; bits behind the prefix do not matter."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise PydanticCustomError("subnet", "no subnet") from None
    return value


SubnetText = Annotated[str, Strict(), BeforeValidator(subnet)]
"""A subnet of either family."""


def clock_time(value: Any) -> Any:
    """A time of the day as people write it, `22:30`; YAML 1.1 reads that as a number in base 60."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    if isinstance(value, str) and (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value.strip())):
        return time(int(found[1]), int(found[2]))
    if isinstance(value, time):
        return value
    raise PydanticCustomError("clock_time", "no time of the day")


def calendar_day(value: Any) -> Any:
    """A day as people write it, `2026-12-31`."""
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        raise PydanticCustomError("calendar_day", "no day") from None
