"""What every manifest has: metadata, a place in the source tree, a title for messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from sync.model.problem import Origin
from sync.model.types import Label, Subdomain, Text

CAMEL = ConfigDict(alias_generator=to_camel, extra="ignore")


DEFAULT_NAMESPACE = "default"
"""That of a namespaced resource that states none."""


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
    KIND: ClassVar[str] = ""
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
    def title(self) -> str:
        """How messages name it: `Gateway blue/web`."""
        return f"{self.KIND} {self.namespace}/{self.name}" if self.NAMESPACED else f"{self.KIND} {self.name}"

    def annotation(self, name: str) -> str:
        """The annotation's value without surrounding blanks, empty where it is absent."""
        return self.metadata.annotations.get(name, "").strip()
