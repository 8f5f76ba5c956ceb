"""The manifests under deploy/kubernetes: valid, as careful as they say, and good for a run."""

import functools
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from sync.cluster.client import ClusterClient
from sync.cluster.statuses import FINALIZER, StatusWriter
from sync.errors import ExitCode
from sync.model.cluster import ClusterNeeds
from sync.model.desired import Owner, OwnerKind, Status
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from tests.deploy.kustomize import Manifest, build, containers_of
from tests.shared.api_server import ApiServer
from tests.shared.clusters import Read, service
from tests.shared.command_line import every_command, options_of
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app

ROOT = Path(__file__).parent.parent.parent
KUBERNETES = ROOT / "deploy" / "kubernetes"
WITHOUT_CLUSTER = ("base", "overlays/production", "overlays/journal")
IN_CLUSTER = ("overlays/in-cluster", "overlays/in-cluster-namespaces", "overlays/in-cluster-status")
OVERLAYS = (*WITHOUT_CLUSTER, *IN_CLUSTER)
VERSIONS = ("1.31", "1.34", "1.37")
"""Of Kubernetes: `podFailurePolicy` is stable since 1.31."""


@functools.cache
def built(overlay: str) -> tuple[Manifest, ...]:
    """The resources of an overlay; tests must not change them."""
    return tuple(build(KUBERNETES / overlay))


def only(overlay: str, kind: str, name: str = "avi-sync") -> Manifest:
    """The one resource of that kind and name."""
    (found,) = (one for one in built(overlay) if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


def job_of(overlay: str) -> dict[str, Any]:
    """The spec of the Job."""
    job: dict[str, Any] = only(overlay, "CronJob")["spec"]["jobTemplate"]["spec"]
    return job


def pod_of(overlay: str) -> dict[str, Any]:
    """The spec of the pod."""
    pod: dict[str, Any] = job_of(overlay)["template"]["spec"]
    return pod


def environment_of(overlay: str) -> Mapping[str, str]:
    """The variables that avi-sync sees, the container's own over those of the map."""
    (container,) = containers_of(only(overlay, "CronJob"))
    maps = [only(overlay, "ConfigMap", source["configMapRef"]["name"])["data"] for source in container["envFrom"]]
    own = {item["name"]: item["value"] for item in container["env"]}
    return functools.reduce(lambda all_, one: all_ | one, maps, {}) | own


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_is_valid(overlay: str, version: str) -> None:
    """By the schema of that release of Kubernetes, which knows no key that is not in it."""
    for manifest in built(overlay):
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_tests_build_what_kubectl_builds(overlay: str) -> None:
    """Else these tests would be about something that no cluster gets."""
    kubectl = Path(sys.executable).parent / "kubectl"
    command = [str(kubectl), "kustomize", str(KUBERNETES / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    theirs = list(yaml.safe_load_all(done.stdout))

    def key(one: Manifest) -> tuple[str, str]:
        return (one["kind"], one["metadata"]["name"])

    assert sorted(theirs, key=key) == sorted(built(overlay), key=key)


def test_runs_do_not_overlap_and_do_not_pile_up() -> None:
    """One at a time, a missed start is dropped, and a run that hangs is ended after it had time to end by itself."""
    spec = only("base", "CronJob")["spec"]
    deadline = float(environment_of("base")["SYNC_DEADLINE"])

    assert spec["concurrencyPolicy"] == "Forbid"
    assert 0 < spec["startingDeadlineSeconds"] < 600
    assert job_of("base")["activeDeadlineSeconds"] >= deadline + pod_of("base")["terminationGracePeriodSeconds"]


def test_what_a_second_try_cannot_help_fails_the_job() -> None:
    """Each exit code of ours is decided: it fails the Job, or it is tried again a few times."""
    ignored, failing = job_of("base")["podFailurePolicy"]["rules"]
    retried = {ExitCode.UNEXPECTED, ExitCode.UNREACHABLE, ExitCode.LOCKED, ExitCode.INTERRUPTED, ExitCode.TERMINATED}
    never = {ExitCode.DONE, ExitCode.CHANGES_PENDING}  # success; and only with an option that is not set here

    assert (ignored["action"], failing["action"]) == ("Ignore", "FailJob")
    assert ignored["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert failing["onExitCodes"]["containerName"] == containers_of(only("base", "CronJob"))[0]["name"]
    assert set(failing["onExitCodes"]["values"]) == set(ExitCode) - retried - never
    assert pod_of("base")["restartPolicy"] == "Never"  # a podFailurePolicy requires it
    assert 0 < job_of("base")["backoffLimit"] < 6


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_pod_may_do_nothing_that_it_does_not_need(overlay: str) -> None:
    """The restricted Pod Security Standard, a root that cannot be written, an account of the cluster only to list."""
    pod = pod_of(overlay)
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is (overlay in IN_CLUSTER)
    assert "hostNetwork" not in pod
    assert container["resources"]["limits"].keys() == {"memory"}
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_the_user_is_that_of_the_image() -> None:
    """It owns the folders that the image has for it, and ssh finds its name."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    context = pod_of("base")["securityContext"]

    assert f"USER {context['runAsUser']}:{context['runAsGroup']}\n" in dockerfile


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_folder_and_file_of_the_environment_is_mounted(overlay: str) -> None:
    """Nothing that is to be read is missing, and what is to be written can be."""
    pod = pod_of(overlay)
    mounts = {mount["mountPath"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    environment = environment_of(overlay)
    files = [environment[name] for name in ("SYNC_PASSWORD_FILE", "SYNC_GIT_TOKEN_FILE", "SYNC_CA_BUNDLE")]
    written = [environment["SYNC_CACHE_DIR"], environment["SYNC_STATE_DIR"], "/tmp"]  # noqa: S108 - of the pod

    assert all(mounts[str(Path(file).parent)]["readOnly"] for file in files)
    assert all({"emptyDir", "persistentVolumeClaim"} & volumes[mounts[folder]["name"]].keys() for folder in written)
    assert {mount["name"] for mount in mounts.values()} == volumes.keys()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_setting_is_one_that_avi_sync_reads(overlay: str) -> None:
    """A misspelt variable would be a default, in silence."""
    known = {str(option.envvar) for option in options_of(every_command()["sync"])} | {
        "SYNC_STATE_DIR",
        "SYNC_TERMINATION_LOG",
    }

    ours = {name for name in environment_of(overlay) if name.startswith("SYNC_")}

    assert ours <= known


def test_credentials_are_files_and_stand_in_no_manifest() -> None:
    """Neither in the map nor in the environment, and the secret itself is made by hand."""
    names = environment_of("overlays/production").keys()

    assert not {"SYNC_PASSWORD", "SYNC_TOKEN", "SYNC_GIT_TOKEN", "SYNC_WEBHOOK_URL"} & names
    assert all(one["kind"] != "Secret" for overlay in OVERLAYS for one in built(overlay))


def test_the_network_policy_lets_out_to_names_git_and_the_controller_only() -> None:
    """To named addresses in production, and nobody gets in."""
    policy = only("overlays/production", "NetworkPolicy")["spec"]
    pod_labels = job_of("overlays/production")["template"]["metadata"]["labels"]
    dns, *others = policy["egress"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == []
    assert policy["podSelector"]["matchLabels"].items() <= pod_labels.items()
    assert {(port["port"], port["protocol"]) for port in dns["ports"]} == {(53, "UDP"), (53, "TCP")}
    assert [rule["to"][0].keys() for rule in others] == [{"ipBlock"}, {"ipBlock"}]


def test_the_journal_overlay_differs_in_its_volume_and_the_journal_on_it() -> None:
    """The claim exists, is mounted where the state is, and nothing else changes."""
    added = environment_of("overlays/journal").items() - environment_of("overlays/production").items()
    state = {volume["name"]: volume for volume in pod_of("overlays/journal")["volumes"]}["state"]
    claim = only("overlays/journal", "PersistentVolumeClaim", state["persistentVolumeClaim"]["claimName"])
    before = [volume for volume in pod_of("overlays/production")["volumes"] if volume["name"] != "state"]

    assert dict(added) == {"SYNC_JOURNAL": f"{environment_of('overlays/journal')['SYNC_STATE_DIR']}/journal"}
    assert claim["metadata"]["namespace"] == only("overlays/journal", "CronJob")["metadata"]["namespace"]
    assert [volume for volume in pod_of("overlays/journal")["volumes"] if volume["name"] != "state"] == before
    assert pod_of("overlays/journal")["containers"] == pod_of("overlays/production")["containers"]


Rule = Mapping[str, list[str]]


def rights(*overlay_kinds: tuple[str, str]) -> Callable[[str, str, str, str], bool]:
    """What the roles of these names allow, as the API server of the tests asks: user, verb, resource, namespace."""
    rules = [rule for overlay, name in overlay_kinds for rule in only(overlay, "ClusterRole", name)["rules"]]
    return lambda user, verb, plural, namespace: any(
        verb in rule["verbs"] and plural in rule["resources"] for rule in rules
    )


def test_the_role_suffices_to_read_the_cluster_and_allows_nothing_else(server: ApiServer, read: Read) -> None:
    """Only lists, of kinds without secrets."""
    server.may = rights(("overlays/in-cluster", "avi-sync-reader"))
    rules = only("overlays/in-cluster", "ClusterRole", "avi-sync-reader")["rules"]

    found = read(ClusterNeeds(services=frozenset({("shop", "web")}), nodes=True))

    assert found.unread == ()
    assert {verb for rule in rules for verb in rule["verbs"]} == {"list"}
    assert {kind for rule in rules for kind in rule["resources"]} == {"endpointslices", "services", "nodes"}


def test_the_roles_suffice_to_write_statuses_and_finalizers(server: ApiServer, client: ClusterClient) -> None:
    """And allow no other write: a patch of a Service itself could send its traffic elsewhere."""
    roles = (("overlays/in-cluster", "avi-sync-reader"), ("overlays/in-cluster-status", "avi-sync-status"))
    server.may = rights(*roles)
    gateway = {"namespace": "shop", "name": "web", "finalizers": [FINALIZER]}
    server.put({"apiVersion": "networking.x-k8s.io/v1alpha1", "kind": "Gateway", "metadata": gateway})
    server.put(service(type="LoadBalancer"))
    statuses = [
        Status(group_kind=kind, namespace="shop", name="web", owner_name="blue--shop-web", addresses=("10.0.0.1",))
        for kind in (Gateway.GROUP_KIND, Service.GROUP_KIND)
    ]
    owners = [Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")]
    writer = StatusWriter(client=client, now=datetime(2026, 11, 29, tzinfo=UTC))

    problems = (*writer.write(statuses), *writer.remove_finalizers(owners), *writer.restore_finalizers(owners))

    rules = only("overlays/in-cluster-status", "ClusterRole", "avi-sync-status")["rules"]
    assert problems == ()
    assert {kind for rule in rules if "patch" in rule["verbs"] for kind in rule["resources"]} == {
        "gateways",
        "gateways/status",
        "services/status",
    }


def test_each_account_is_bound_where_it_is() -> None:
    """By the namespace of the CronJob, and in the variant by namespace nowhere else than there."""
    account = {"kind": "ServiceAccount", "name": "avi-sync", "namespace": "avi-sync"}
    wide = only("overlays/in-cluster", "ClusterRoleBinding", "avi-sync-reader")
    narrow = only("overlays/in-cluster-namespaces", "RoleBinding", "avi-sync-reader")
    unbound = only("overlays/in-cluster-namespaces", "ClusterRoleBinding", "avi-sync-reader")

    assert pod_of("overlays/in-cluster")["serviceAccountName"] == account["name"]
    assert only("overlays/in-cluster", "ServiceAccount")["metadata"]["namespace"] == account["namespace"]
    assert (wide["subjects"], narrow["subjects"], unbound["subjects"]) == ([account], [account], [])


def test_servers_follow_the_cluster_every_minute() -> None:
    """Otherwise the overlay is the production one, with the API server among the addresses that it reaches."""
    job = only("overlays/in-cluster", "CronJob")["spec"]
    addresses = only("overlays/in-cluster", "NetworkPolicy")["spec"]["egress"]

    assert job["schedule"] == "* * * * *"
    assert len(addresses) == len(only("overlays/production", "NetworkPolicy")["spec"]["egress"]) + 1
    assert environment_of("overlays/in-cluster") == environment_of("overlays/production")


def test_a_run_needs_nothing_but_the_environment_of_the_pod(
    cli: Run, tree: Tree, controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No argument: with the folders of the pod in a folder of the test, a commit is applied."""
    values = tree.folder / "values.yaml"
    tree.write({"clusters/production/values.yaml": values.read_text(), "values.yaml": None})
    tree.commit(**{"clusters/production/web": app(), "clusters/production/class": _class_of(tree)})
    (container,) = pod_of("overlays/production")["containers"]
    for mount in container["volumeMounts"]:
        (tmp_path / mount["mountPath"].lstrip("/")).mkdir(parents=True)
    (tmp_path / "dev").mkdir()
    places = {"SYNC_SOURCE": f"file://{tree.folder}", "SYNC_CONTROLLER": controller.url, "SYNC_USERNAME": "admin"}
    for name, value in environment_of("overlays/production").items():
        monkeypatch.setenv(name, f"{tmp_path}{value}" if value.startswith("/") else places.get(name, value))
    secrets = Path(tmp_path, "run/secrets/avi-sync")
    (secrets / "password").write_text("emulator\n")
    (secrets / "git-token").write_text("unused\n")

    result = cli()

    message = Path(tmp_path, "dev/termination-log").read_text()
    assert "args" not in container
    assert "command" not in container
    assert result.code == 0
    assert message == f"exit 0: 1 owner changed. {result.last_line}\n"
    assert "4 create" in message


def _class_of(tree: Tree) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = list(yaml.safe_load_all((tree.folder / "class.yaml").read_text()))
    return found
