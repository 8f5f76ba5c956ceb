"""`avi-sync doctor`: every check runs, none writes, and each says what to do."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sync.emulator import Emulator
from tests.shared.emulated_controller import SEED, Controller, Result, Run
from tests.shared.schemas import closed, published
from tests.shared.scripted_controller import ScriptedController, logged_in
from tests.shared.tree import VALUES, Tree, app, gateway, load_balancer, namespace

ALL = (
    *("git", "cache folder", "state folder", "source", "connection", "certificate", "clock", "login", "version"),
    *("manifests", "rights in admin", "network", "Service Engine group", "dns", "lock", "ako"),
)


def health(result: Result) -> dict[str, str]:
    """How each check ended; of several findings of one check the first that is not ok."""
    found: dict[str, str] = {}
    for item in result.document["checks"]:
        if found.get(item["check"], "ok") == "ok":
            found[item["check"]] = item["health"]
    return found


def said(result: Result, check: str) -> str:
    """Messages and fixes of a check."""
    rows = [item for item in result.document["checks"] if item["check"] == check]
    return "\n".join(f"{item['message']}; fix: {item['fix']}" for item in rows)


def test_all_is_well_before_a_first_run(sync: Run, tree: Tree, controller: Controller) -> None:
    """Every check is ok, and nothing but login and logout was written."""
    tree.commit(web=app())

    result = sync("doctor")

    schema = Draft202012Validator(closed(published("checkup")))
    assert health(result) == dict.fromkeys(ALL, "ok")
    assert list(schema.iter_errors(result.document)) == []
    assert (result.code, result.document["summary"]["problem"]) == (0, 0)
    assert {item["method"] for item in controller.requests() if item["path"].startswith("/api/")} == {"GET"}


def test_the_text_has_a_line_per_check_with_its_fix(sync: Run, tree: Tree) -> None:
    """And the counts as last line, as in JSON."""
    tree.commit(values=_values(NetworkSettings={"vipNetworkList": [{"networkName": "nowhere"}]}), web=app())

    printed = sync("doctor", "-o", "text")
    document = sync("doctor").document

    lines = printed.out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("problem      network"))
    assert 'the Controller has no network "nowhere" in cloud Default-Cloud' in lines[place]
    assert lines[place + 1].strip() == "fix: correct the name in Git, or create it on the Controller"
    assert len([line for line in lines if "fix:" not in line]) == len(document["checks"]) + 1
    ok, not_checked = document["summary"]["ok"], document["summary"]["not_checked"]
    assert printed.last_line == f"Doctor: {ok} ok, 0 warnings, 2 problems, {not_checked} not checked"


def test_a_source_that_cannot_be_read_keeps_nothing_else_from_being_checked(
    sync: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Controller is asked all the same, as far as it can be without values.yaml."""
    monkeypatch.setenv("SYNC_SOURCE", str(tmp_path / "nowhere"))

    result = sync("doctor")

    found = health(result)
    assert result.code == 5
    assert found["source"] == "problem"
    assert (found["connection"], found["login"], found["version"]) == ("ok", "ok", "ok")
    assert (found["rights"], found["lock"], found["ako"]) == ("not checked", "not checked", "not checked")


def test_a_controller_that_does_not_answer_keeps_nothing_else_from_being_checked(
    sync: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 6; Git and manifests are looked at."""
    tree.commit(web=app())
    monkeypatch.setenv("SYNC_CONTROLLER", "http://127.0.0.1:9")

    result = sync("doctor")

    found = health(result)
    assert result.code == 6
    assert (found["source"], found["manifests"], found["connection"]) == ("ok", "ok", "problem")
    assert "connection refused" in said(result, "connection")
    assert {found[check] for check in ("version", "rights", "references", "dns", "lock", "ako")} == {"not checked"}


def test_a_login_that_is_refused_is_told_apart_from_the_connection(
    sync: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Controller is reached; the password is wrong."""
    tree.commit(web=app())
    monkeypatch.setenv("SYNC_PASSWORD", "wrong")

    result = sync("doctor")

    found = health(result)
    assert (result.code, found["connection"], found["login"]) == (6, "ok", "problem")
    assert "SYNC_PASSWORD_FILE" in said(result, "login")
    assert "wrong" not in result.out


def test_a_controller_that_is_too_old_is_a_problem_of_its_own(
    sync: Run, tree: Tree, scripted: ScriptedController, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reached and logs in; its API hides the marks of what is ours."""
    tree.commit(web=app())
    scripted.on("POST /login", logged_in(version="18.2.6"))
    monkeypatch.setenv("SYNC_CONTROLLER", scripted.url)

    result = sync("doctor")

    found = health(result)
    assert (result.code, found["version"], found["ako"]) == (5, "problem", "not checked")
    assert "upgrade the Controller to 20.1.6 or newer" in said(result, "version")
    assert len([item for item in result.document["checks"] if item["check"] == "version"]) == 1


def test_what_the_account_may_not_read_leads_to_the_role(
    sync: Run, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts cannot be read, so names are not checked; the lock and AKO's objects are."""
    tree.commit(web=app())
    faults = [{"path": "/api/systemconfiguration", "do": "status", "status": 403, "body": {"detail": "no permission"}}]
    with Emulator(port=0, seed=SEED, faults=faults) as emulator:
        monkeypatch.setenv("SYNC_CONTROLLER", emulator.url)

        result = sync("doctor")

    found = health(result)
    assert (result.code, found["references"], found["dns"]) == (5, "problem", "not checked")
    assert (found["lock"], found["ako"]) == ("ok", "ok")
    assert "deploy/avi-role.json" in said(result, "references")


def test_what_is_wrong_in_the_tree_is_a_problem(sync: Run, tree: Tree) -> None:
    """Counted, with the first one, and the command that lists all."""
    tree.commit(web=app(), odd=[gateway("odd", label_name="other")])

    result = sync("doctor")

    assert (result.code, health(result)["manifests"]) == (5, "problem")
    assert "1 error; the first: odd.yaml:" in said(result, "manifests")
    assert "avi-sync validate" in said(result, "manifests")


def test_every_name_that_the_controller_does_not_have_is_a_problem_of_its_own(sync: Run, tree: Tree) -> None:
    """Two networks are missing; those that exist are named, too."""
    networks = [{"networkName": "vip-network"}, {"networkName": "nowhere"}]
    nodes = {"nowhere": {"cidrs": ["10.0.0.0/24"]}}
    tree.commit(values=_values(NetworkSettings={"vipNetworkList": networks, "nodeNetworkList": _nodes(nodes)}))

    result = sync("doctor")

    assert (result.code, health(result)["network"]) == (5, "problem")
    assert 'no network "nowhere"' in said(result, "network")
    assert "exists: vip-network" in said(result, "network")


def test_names_that_no_dns_domain_of_the_cloud_holds_are_a_warning(sync: Run, tree: Tree) -> None:
    """One Gateway's hostname is elsewhere, and so is the default domain."""
    values = _values(NetworkSettings={**VALUES["NetworkSettings"], "defaultDomain": "example.org"})
    tree.commit(values=values, web=app(hostname="web.example.com"))

    result = sync("doctor")

    assert (result.code, health(result)["dns"]) == (0, "warning")
    assert 'defaultDomain "example.org" is none of the cloud\'s DNS domains (avi.internal)' in said(result, "dns")
    assert "under none of these domains: web.example.com" in said(result, "dns")


def test_a_tenant_that_does_not_exist_is_a_problem(sync: Run, tree: Tree) -> None:
    """Each tenant that the tree needs is looked at."""
    tree.commit(web=app(), ns=[namespace("shop", tenant="team-a")], other=_owner_in("attic", tenant="nobodys"))

    result = sync("doctor")

    found = health(result)
    assert (result.code, found["rights in team-a"], found["rights in nobodys"]) == (5, "ok", "problem")
    assert "the tenant does not exist" in said(result, "rights in nobodys")


def test_an_ako_that_still_writes_is_a_problem(sync: Run, tree: Tree, controller: Controller) -> None:
    """An object with AKO's marks for this cluster was written a moment ago."""
    tree.commit(web=app())
    assert sync().code == 0
    _make_akos_own(controller, "pool", "test--shop-web-svc-web-TCP-80")

    result = sync("doctor")

    assert (result.code, health(result)["ako"]) == (5, "problem")
    assert "objects of ako-test were written 0 min ago" in said(result, "ako")
    assert "stop AKO" in said(result, "ako")


def test_folders_that_cannot_be_written_to_are_told_by_what_they_are_for(
    sync: Run, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the cache no remote repository can be read; without the state a run knows no other."""
    tree.commit(web=app())
    for name in ("cache", "state"):
        (tmp_path / name).write_text("a file, no folder")

    result = sync("doctor")

    found = health(result)
    assert (result.code, found["cache folder"], found["state folder"]) == (5, "problem", "warning")
    assert "--cache-dir" in said(result, "cache folder")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        pytest.param("#!/bin/sh\necho git version 2.20.1\n", "git 2.20.1 is too old", id="old"),
        pytest.param(None, "the program git was not found", id="none"),
    ],
)
def test_git_is_looked_for(
    sync: Run, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None, message: str
) -> None:
    """The program, and its version; the Controller is asked all the same."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "env"):
        (programs / name).symlink_to(f"/bin/{name}" if name == "sh" else "/usr/bin/env")
    if program is not None:
        (programs / "git").write_text(program)
        (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))

    result = sync("doctor")

    assert (health(result)["git"], health(result)["login"]) == ("problem", "ok")
    assert message in said(result, "git")


def test_doctor_finds_the_embedded_controller_well(cli: Run, tree: Tree) -> None:
    """What a newcomer tries first."""
    tree.commit(
        values=_values(NetworkSettings={"vipNetworkList": [{"networkName": "vip-network"}]}), direct=[load_balancer()]
    )

    result = cli("doctor", "--source", str(tree.folder), "--controller", "embedded", "-o", "json")

    assert (health(result)["login"], health(result)["rights in admin"]) == ("ok", "ok")


def _values(**sections: object) -> list[Mapping[str, object]]:
    return [{**VALUES, **sections}]


def _nodes(networks: Mapping[str, Mapping[str, object]]) -> list[Mapping[str, object]]:
    return [{"networkName": name, **rest} for name, rest in networks.items()]


def _owner_in(name: str, *, tenant: str) -> list[Mapping[str, object]]:
    return [namespace(name, tenant=tenant), *app("odd", namespace=name)]


def _make_akos_own(controller: Controller, kind: str, name: str) -> None:
    """The object as AKO would have made it."""
    markers = [item for item in controller.find(kind, name)["markers"] if item["key"] in _AKOS]
    controller.change(kind, name, created_by="ako-test", markers=markers)


_AKOS = {"clustername", "Namespace", "ServiceName", "GatewayName", "Port", "Protocol"}
