"""VRFs that a template gives by uuid → by name, so that one address is one place however Git writes its VRF."""

from collections.abc import Mapping
from dataclasses import replace

from sync.avi.references import parse_reference, reference_by_name
from sync.model.desired import AviObject, DesiredState
from sync.model.live import LiveState

_FIELD = "vrf_context_ref"


def with_vrf_names(desired: DesiredState, live: LiveState) -> DesiredState:
    """The desired state with the name of each VRF whose uuid a live object shows together with its name.

    A VRF to which no live object refers keeps its uuid: no live address is in it.
    """
    by_uuid = [(item, uuid) for item in desired if (uuid := _uuid_alone(item))]
    if not by_uuid:
        return desired
    names = _names(live)
    named = {item.key: _with_name(item, names[uuid]) for item, uuid in by_uuid if uuid in names}
    return replace(desired, objects={**desired.objects, **named})


def _uuid_alone(item: AviObject) -> str:
    """The uuid of an object's VRF if its name is unknown."""
    found = parse_reference(str(item.body.get(_FIELD, "")))
    return found.uuid if found is not None and not found.name else ""


def _names(live: LiveState) -> Mapping[str, str]:
    found = (parse_reference(str(item.body.get(_FIELD, ""))) for item in live)
    return {reference.uuid: reference.name for reference in found if reference is not None and reference.name}


def _with_name(item: AviObject, name: str) -> AviObject:
    text = reference_by_name("vrfcontext", name)
    reference = parse_reference(text)
    return replace(item, body={**item.body, _FIELD: text}, normal={**item.normal, _FIELD: reference})
