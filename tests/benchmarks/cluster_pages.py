"""A cluster that is large: its lists, made once and then served as fast as Python can over TLS.

Objects are as large as those of real clusters, with managedFields and all: a slice of three endpoints has about 2 kB,
a Node with 50 images about 11 kB. Pages have 500 objects and are packed, as an API server does from 128 kB on.
"""

import gzip
import ipaddress
import json
import ssl
import sys
import zlib
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

from tests.benchmarks.trees import namespace_of, node_port

PORTS = (80, 443)
SLICES_OF_A_SERVICE = 5
ENDPOINTS_OF_A_SLICE = 3
IMAGES = 50
PAGE_SIZE = 500

Object = dict[str, Any]


def services(gateways: int) -> list[Object]:
    """Both Services of each Gateway (tests/benchmarks/trees.py)."""
    return [
        {
            "metadata": _metadata(f"svc-{number}-{port}", namespace_of(number)),
            "spec": {
                "type": "NodePort",
                "clusterIP": _address("172.16.0.0", 2 * number + (port == PORTS[1])),
                "externalTrafficPolicy": "Local",
                "selector": {"app": f"svc-{number}-{port}"},
                "ports": [
                    {
                        "name": "main",
                        "protocol": "TCP",
                        "port": port,
                        "targetPort": 8080,
                        "nodePort": node_port(number, port),
                    }
                ],
            },
            "status": {"loadBalancer": {}},
        }
        for number in range(gateways)
        for port in PORTS
    ]


def slices(gateways: int, nodes: int) -> list[Object]:
    """Five of each Service."""
    found: list[Object] = []
    for number in range(gateways):
        for port in PORTS:
            for part in range(SLICES_OF_A_SERVICE):
                name = f"svc-{number}-{port}"
                first = len(found) * ENDPOINTS_OF_A_SLICE
                endpoints = [
                    _endpoint(name, namespace_of(number), first + each, nodes) for each in range(ENDPOINTS_OF_A_SLICE)
                ]
                found.append(
                    {
                        "metadata": _metadata(f"{name}-{part}x7k{part}", namespace_of(number))
                        | {
                            "labels": {
                                "kubernetes.io/service-name": name,
                                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                            }
                        },
                        "addressType": "IPv4",
                        "ports": [{"name": "main", "protocol": "TCP", "port": 8080}],
                        "endpoints": endpoints,
                    }
                )
    return found


def node_list(nodes: int) -> list[Object]:
    """Nodes of a public cloud, each with what it has pulled."""
    return [
        {
            "metadata": _metadata(f"node-{number}", "")
            | {
                "labels": {
                    "kubernetes.io/hostname": f"node-{number}",
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "topology.kubernetes.io/zone": f"zone-{number % 3}",
                    "node.kubernetes.io/instance-type": "large",
                }
            },
            "spec": {"podCIDR": f"10.{number // 250}.{number % 250}.0/24", "podCIDRs": [f"10.{number // 250}.0.0/24"]},
            "status": {
                "addresses": [
                    {"type": "InternalIP", "address": _address("192.168.0.0", number + 1)},
                    {"type": "Hostname", "address": f"node-{number}"},
                ],
                "capacity": {"cpu": "32", "memory": "131072000Ki", "pods": "110", "ephemeral-storage": "101430960Ki"},
                "conditions": [
                    {
                        "type": kind,
                        "status": "True" if kind == "Ready" else "False",
                        "lastHeartbeatTime": "2026-11-29T12:00:00Z",
                        "lastTransitionTime": "2026-11-01T12:00:00Z",
                        "reason": "KubeletHas",
                        "message": "kubelet has what it needs",
                    }
                    for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
                ],
                "images": [
                    {
                        "names": [
                            f"registry.example.com/team-{number % 20}/image-{image}@sha256:{number * 97 + image:064x}",
                            f"registry.example.com/team-{number % 20}/image-{image}:v1.{image}.0",
                        ],
                        "sizeBytes": 10_000_000 + 7919 * image,
                    }
                    for image in range(IMAGES)
                ],
            },
        }
        for number in range(nodes)
    ]


def _endpoint(service: str, namespace: str, number: int, nodes: int) -> Object:
    return {
        "addresses": [_address("10.64.0.0", number)],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "nodeName": f"node-{number * 7 % nodes}",
        "zone": f"zone-{number % 3}",
        "targetRef": {
            "kind": "Pod",
            "namespace": namespace,
            "name": f"{service}-7c9d8b6f5-{number:05d}",
            "uid": f"{number:08x}-4b1c-4e55-9a7d-0242ac120002",
        },
    }


def _metadata(name: str, namespace: str) -> Object:
    fields: Object = {
        "f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/service-name": {}}, "f:generateName": {}},
        "f:spec": {".": {}, "f:ports": {".": {}}, "f:endpoints": {}, "f:addressType": {}},
    }
    return {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "uid": f"{zlib.crc32(name.encode()):08x}-11ce-4ab1-8f01-0242ac120003",
        "resourceVersion": "123456789",
        "creationTimestamp": "2026-11-01T12:00:00Z",
        "managedFields": [
            {
                "manager": manager,
                "operation": "Update",
                "apiVersion": "v1",
                "time": "2026-11-01T12:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": fields,
            }
            for manager in ("kube-controller-manager", "kubelet")
        ],
    }


def _address(base: str, number: int) -> str:
    return str(ipaddress.ip_address(base) + number)


Pages = Mapping[tuple[str, str], bytes]
"""The bodies, packed, by path and continue token."""


def pages(path: str, kind: str, items: Sequence[Object]) -> dict[tuple[str, str], bytes]:
    """A chain of pages of one list."""
    found = {}
    for begin in range(0, len(items), PAGE_SIZE):
        end = begin + PAGE_SIZE
        metadata = {"resourceVersion": "123456789"} | ({"continue": str(end)} if end < len(items) else {})
        body = {"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": items[begin:end]}
        found[path, str(begin) if begin else ""] = gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 1)
    return found


def _handler(found: Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            body = found[url.path, parse_qs(url.query).get("continue", [""])[0]]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def main() -> None:
    """Serve until killed; prints the path of the kubeconfig as soon as it listens."""
    folder, gateways, nodes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    found = {
        **pages("/api/v1/services", "ServiceList", services(gateways)),
        **pages("/apis/discovery.k8s.io/v1/endpointslices", "EndpointSliceList", slices(gateways, nodes)),
        **pages("/api/v1/nodes", "NodeList", node_list(nodes)),
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "large",
        "clusters": [
            {
                "name": "large",
                "cluster": {
                    "server": f"https://127.0.0.1:{server.server_address[1]}",
                    "certificate-authority": "ca.pem",
                },
            }
        ],
        "users": [{"name": "bench", "user": {"token": "bench-token"}}],
        "contexts": [{"name": "large", "context": {"cluster": "large", "user": "bench"}}],
    }
    (folder / "kubeconfig").write_text(json.dumps(kubeconfig))
    print(folder / "kubeconfig", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
