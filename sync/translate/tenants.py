"""Whether the tenant of an owner exists: without it, every create would be refused."""

from sync.model.resources.resource import Resource
from sync.translate.findings import Findings
from sync.translate.inputs import TENANT_ANNOTATION, Inputs


def no_tenant(name: str) -> tuple[str, str]:
    """Message and fix."""
    message = f'the Controller has no tenant "{name}", or the account may not use it'
    return message, "correct the name, create the tenant, or give the account a role in it"


def check_tenant(owner: Resource, inputs: Inputs, findings: Findings) -> None:
    """An error at the annotation of the owner's Namespace that names the tenant."""
    namespace = inputs.catalog.namespaces.get(owner.namespace)
    name = namespace.annotation(TENANT_ANNOTATION) if namespace else ""
    if namespace is not None and name and not inputs.facts.has("tenant", name):
        message, fix = no_tenant(name)
        findings.error(
            namespace, ("metadata", "annotations", TENANT_ANNOTATION), f"{message}, so {owner.title} is held", fix
        )
