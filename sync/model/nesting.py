"""JSON that is not nested deeper than we can walk."""

import json
from typing import Any

MOST_LEVELS = 100
"""More than any body of the Avi API has, and few enough for every function that walks through one by recursion."""


def is_too_deep(value: Any, most_levels: int = MOST_LEVELS) -> bool:
    """Whether objects and lists are nested in more levels than that."""
    level = [value]
    for _ in range(most_levels + 1):
        level = [
            child
            for item in level
            if type(item) is dict or type(item) is list
            for child in (item.values() if type(item) is dict else item)
        ]
        if not level:
            return False
    return True


class TooDeepError(ValueError):
    """A JSON text whose values are nested in too many levels."""


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text; raises ValueError, also where a recursion over the value would end the program."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise TooDeepError(f"is nested in more than {MOST_LEVELS} levels") from None
    if is_too_deep(value):
        raise TooDeepError(f"is nested in more than {MOST_LEVELS} levels")
    return value
