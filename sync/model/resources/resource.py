"""What every manifest has: metadata, a place in the source tree, a title for messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from sync.model.problem import Origin
from sync.model.types import Label, Subdomain, Text

CAMEL = ConfigDict(alias_generator=to_camel, extra="ignore")


DEFAULT_NAMESPACE = "default"
"""That of a namespaced resource that states none."""


class GroupKind(NamedTuple):
    """The identity of a kind: two groups may each have a kind of the same name. The core group is empty."""

    group: str
    kind: str


ManifestKey = tuple[GroupKind, str, str]
"""Kind, namespace (empty for cluster-scoped kinds) and name: what a cluster allows only once."""


def title_of(group_kind: GroupKind, namespace: str, name: str) -> str:
    """How messages name a manifest: `Gateway blue/web`, `Node a`; without the name, where that cannot be read."""
    full = f"{namespace}/{name}" if namespace and name else name
    return f"{group_kind.kind} {full}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The part of `metadata` that means something here. A namespaced resource without namespace is in `default`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    name: Subdomain
    namespace: Label = DEFAULT_NAMESPACE
    labels: Mapping[Text, Text] = field(default_factory=dict)
    annotations: Mapping[Text, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What every manifest has. `origin` is where it stands in the source tree."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    GROUP_KIND: ClassVar[GroupKind] = GroupKind("", "")
    NAMESPACED: ClassVar[bool] = True
    metadata: Metadata
    origin: Origin

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, empty for cluster-scoped kinds."""
        return self.metadata.namespace if self.NAMESPACED else ""

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (self.namespace, self.name)

    @property
    def manifest_key(self) -> ManifestKey:
        """Kind, namespace and name."""
        return (self.GROUP_KIND, *self.key)

    @property
    def title(self) -> str:
        """How messages name it: `Gateway blue/web`."""
        return title_of(*self.manifest_key)

    def annotation(self, name: str) -> str:
        """The annotation's value without surrounding blanks, empty where it is absent."""
        return self.metadata.annotations.get(name, "").strip()
