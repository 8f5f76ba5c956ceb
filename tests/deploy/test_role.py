"""The role file: it lets everything through that a run requests, and nothing else."""

import json
from pathlib import Path

import pytest

from sync.controller.rights import PERMISSIONS, Access, needed_access
from tests.shared.emulated_controller import Controller, Run
from tests.shared.golden import emulator_of, repository_of
from tests.shared.tree import Tree, app

ROLE = json.loads((Path(__file__).parent.parent.parent / "deploy" / "avi-role.json").read_text("utf-8"))
OPEN_TYPES = frozenset({"initial-data"})
"""What is answered without a login."""


def granted() -> dict[str, Access]:
    """Permission → access of the file."""
    return {item["resource"]: Access[item["type"]] for item in ROLE["privileges"]}


def asked_for(controller: Controller) -> dict[str, Access]:
    """Permission → the most that any request so far needed of it."""
    found: dict[str, Access] = {}
    for request in controller.requests():
        _, prefix, *rest = request["path"].partition("?")[0].split("/")
        if prefix != "api" or rest[0] in OPEN_TYPES:
            continue
        permission = PERMISSIONS[rest[0]]
        access = Access.READ_ACCESS if request["method"] == "GET" else Access.WRITE_ACCESS
        found[permission] = max(access, found.get(permission, Access.NO_ACCESS))
    return found


def is_covered(asked: dict[str, Access]) -> bool:
    """Whether the role grants all of it."""
    return all(granted().get(permission, Access.NO_ACCESS) >= access for permission, access in asked.items())


def test_the_role_grants_what_doctor_looks_for_and_no_more() -> None:
    """Every permission once, in the order in which a person reads it: what may be written first."""
    resources = [item["resource"] for item in ROLE["privileges"]]
    levels = [Access[item["type"]] for item in ROLE["privileges"]]

    assert granted() == needed_access(PERMISSIONS)
    assert len(set(resources)) == len(resources)
    assert levels == sorted(levels, reverse=True)


def test_a_controller_takes_the_role(controller: Controller) -> None:
    """Its words are those of the API; the emulator refuses others."""
    created = controller.call("POST", "/api/role", ROLE)

    assert created["privileges"] == ROLE["privileges"]


def test_the_whole_life_of_an_owner_needs_no_more_than_the_role(sync: Run, tree: Tree, controller: Controller) -> None:
    """Looked at, created, changed, replaced and deleted, with the lock around it."""
    steps = [
        app(address="10.10.10.50"),
        app(address="10.10.10.50", ports=(80, 443)),
        app(address="10.10.10.60", ports=(80, 443)),
    ]
    tree.commit(other=app("other"))
    codes = [sync("doctor").code, sync("--dry-run").code]
    for manifests in steps:
        tree.commit(web=manifests)
        codes.append(sync().code)
    tree.commit(web=None)
    codes.append(sync().code)

    asked = asked_for(controller)

    assert codes == [0] * 6
    assert is_covered(asked)
    assert asked["PERMISSION_STRINGGROUP"] is Access.WRITE_ACCESS


@pytest.mark.parametrize("case", ["111-l4-rule-every-field", "131-tenants", "135-nsxt-router-of-class"])
def test_whatever_manifests_refer_to_may_be_read(
    case: str, cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles of an L4Rule, other tenants, other clouds."""
    with emulator_of(case, tmp_path / "requests.jsonl") as controller:
        monkeypatch.setenv("SYNC_SOURCE", str(repository_of(case, tmp_path / "repo").folder))
        monkeypatch.setenv("SYNC_CONTROLLER", controller.url)
        monkeypatch.setenv("SYNC_PASSWORD", "emulator")

        code = cli().code

        assert code == 0
        assert is_covered(asked_for(controller))
