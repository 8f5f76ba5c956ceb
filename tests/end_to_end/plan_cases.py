"""What a golden folder with a plan says, played on an emulated Controller (tests/golden/README.md)."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sync.emulator import Emulator
from sync.kinds import KINDS
from tests.shared.ako import desired_of, made_by_ako
from tests.shared.emulated_controller import Clock, Controller, Result, Run
from tests.shared.golden import GOLDEN
from tests.shared.tree import Tree

CASES = sorted(path.parent.name for path in GOLDEN.glob("*/case.yaml"))
REFUSED = {"method": "POST", "path": "/api/virtualservice", "do": "status", "status": 400, "body": {"error": "no"}}


@contextmanager
def emulator_for(folder: Path, log: Path) -> Iterator[Controller]:
    """A fresh Controller that is what `facts.yaml` says."""
    log.touch()
    seed = read(folder / "facts.yaml") if (folder / "facts.yaml").exists() else None
    clock = Clock()
    with Emulator(port=0, requests_log=log, seed=seed, clock=clock) as emulator:
        yield Controller(url=emulator.url, log=log, clock=clock)


def read(file: Path) -> dict[str, Any]:
    """A YAML file."""
    found: dict[str, Any] = yaml.load(file.read_text(), yaml.CSafeLoader) or {}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A golden folder, with the repository and the Controller on which it is played."""

    folder: Path
    tree: Tree
    controller: Controller
    sync: Run

    def play(self, step: str, value: Any) -> None:
        """One step of `live` in `case.yaml`."""
        match step:
            case "sync":
                self.commit(value)
                assert self.sync().code == 0
            case "strand":  # what this run deletes can be neither created again nor restored
                self.commit(value)
                self.controller.fault(**REFUSED)
                assert self.sync().code == 5
                self.controller.faults()
            case "ako":
                self.commit(value)
                made_by_ako(desired_of(self.tree.folder, self.controller.url), self.controller.call)
                self.controller.wait(minutes=11)  # so that it has been stopped, as far as a guard can tell
            case "create":
                for kind, body in value.items():
                    self.controller.call("POST", f"/api/{kind}", body, slug=body.get("uuid", ""))
            case "edit":
                for name, fields in value.items():
                    self.controller.change(*name.split(), **fields)
            case _:
                raise AssertionError(f"case.yaml: unknown step {step}")

    def commit(self, version: str) -> None:
        """Commit `repo/`, or that with the files of another version over it; an empty file takes one away."""
        for name in dict.fromkeys(["repo", version]):
            shutil.copytree(self.folder / name, self.tree.folder, copy_function=shutil.copy, dirs_exist_ok=True)
        for path in self.tree.folder.rglob("*.yaml"):
            is_left = any(
                (self.folder / name / path.relative_to(self.tree.folder)).exists() for name in ("repo", version)
            )
            if not is_left or not path.read_text():
                path.unlink()
        self.tree.commit()


# --- what is compared -------------------------------------------------------------------------------------------------


def live_text(controller: Controller) -> str:
    """What is live, an object a line: whose it is, and what it serves."""
    found = {
        f"{kind.name} {_name(item['tenant_ref'])}/{item['name']}": _shown(item)
        for kind in KINDS.values()
        for item in controller.call("GET", f"/api/{kind.path}?include_name&sort=name", tenant="*")["results"]
    }
    return "".join(
        f"{key}: {yaml.safe_dump(shown, sort_keys=False, default_flow_style=True, allow_unicode=True, width=1000)}"
        for key, shown in found.items()
    )


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between two objects of a kind, less what is empty or as a Controller has it by itself."""
    markers = {marker["key"]: ",".join(marker["values"]) for marker in item.get("markers", ())}
    vips = item.get("vip", ())
    networks = [vip["ipam_network_subnet"]["network_ref"] for vip in vips if "ipam_network_subnet" in vip]
    shown = {
        "made by": markers.get("ManagedBy") or item.get("created_by") or ("AKO" if "clustername" in markers else ""),
        "addresses": [vip[field]["addr"] for vip in vips for field in ("ip_address", "ip6_address") if field in vip],
        "networks": [_name(reference) for reference in networks],
        "vrf": _name(item.get("vrf_context_ref", "")) if vips else "",
        "router": item.get("tier1_lr", ""),
        "hostnames": [record["fqdn"] for record in item.get("dns_info", ())],
        "labels": item.get("bgp_peer_labels", []),
        "advertised": item.get("enable_rhi", ""),
        "servers": [f"{server['ip']['addr']}:{server['port']}" for server in item.get("servers", ())],
        "rules": [_rule(rule) for rule in item.get("l4_connection_policy", {}).get("rules", ())],
        "ports": [service["port"] for service in item.get("services", ())],
        "vip": _name(item.get("vsvip_ref", "")),
        "pool": _name(item.get("pool_ref", "")),
        "group": _name(item.get("se_group_ref", "")),
        "enabled": item.get("enabled", True),
        "description": item.get("description", ""),
    }
    usual = {"vrf": "global", "group": "Default-Group", "enabled": True}
    return {key: value for key, value in shown.items() if value not in ([], "", usual.get(key))}


def _rule(rule: Mapping[str, Any]) -> str:
    match = rule["match"]
    protocol = match["protocol"]["protocol"].removeprefix("PROTOCOL_")
    ports = ",".join(map(str, match["port"]["ports"]))
    return f"{protocol} {ports} → {_name(rule['action']['select_pool']['pool_ref'])}"


def _name(reference: str) -> str:
    return reference.partition("#")[2]


def plan_text(arguments: Sequence[str], result: Result, document: Mapping[str, Any]) -> str:
    """What a dry run printed and how it ended, and the writes that it would send, in their order."""
    printed = re.sub(r"\b[0-9a-f]{12,64}\b", "…", result.out + result.err)  # digests and commits
    lines = [f"$ avi-sync {' '.join([*arguments, '--dry-run'])}", *printed.splitlines(), f"exit {result.code}", ""]
    for number, change_set in enumerate(document["change_sets"], start=1):
        owners = ", ".join(f"{owner['kind']} {owner['namespace']}/{owner['name']}" for owner in change_set["owners"])
        lines.append(f"set {number}: {owners}")
        lines += (
            f"  {write['method']:<6} {write['kind']} {write['tenant']}/{write['name']}"
            for write in change_set["writes"]
        )
    return "\n".join(lines) + "\n"
