"""How deep JSON values are nested."""

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
