"""The Kubernetes manifests that we read, typed, in the shape in which people write them.

Field names follow the manifests (camelCase there, snake_case here). Defaults are those that an API server would have
filled in (AKO-GATEWAY-DEFAULTS, AKO-SERVICE-DEFAULTS, AKO-L4RULE-DEFAULTS): the rest of the code never asks "or was
it left out?".
Ranges and patterns are those of the CRDs and of Kubernetes 1.30.
"""
