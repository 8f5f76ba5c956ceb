"""API versions as clients name them in `X-Avi-Version`."""

import re

Version = tuple[int, int, int]

# Without the header a Controller answers in the oldest shape it knows (recorded, 20.1.1: `AVI_API_VERSION: 16_4_2`).
OLDEST: Version = (16, 4, 2)
OLDEST_HEADER = "16_4_2"
_PATTERN = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})")


def parse_version(text: str) -> Version | None:
    """`"30.2.1"` → `(30, 2, 1)`, whatever follows (`-2p3`); None if it is no version."""
    found = _PATTERN.match(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def underscored(version: Version) -> str:
    """The version as refusals print it: `20_1_1`."""
    return "_".join(map(str, version))
