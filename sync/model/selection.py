"""What one run looks at: some owners, some namespaces, or all."""

from dataclasses import dataclass

from sync.model.desired import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Owners to plan for. Both empty: all. What is not selected is neither changed nor read as missing."""

    owners: frozenset[Owner] = frozenset()
    namespaces: frozenset[str] = frozenset()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.owners and not self.namespaces

    def includes(self, owner: Owner) -> bool:
        """Whether the owner is one of those that are named, or in a namespace that is named."""
        return self.is_everything or owner in self.owners or owner.namespace in self.namespaces
