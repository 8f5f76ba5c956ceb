"""Logins of a kubeconfig, each as kubectl 1.37 takes it, against a cluster over real TLS."""

import base64
import json
import os
import select
import socket
import socketserver
import stat
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme

from sync.cluster.client import ClusterClient
from sync.cluster.find import context_of
from sync.cluster.in_cluster import in_cluster, is_in_cluster
from sync.cluster.kubeconfig import read_kubeconfig
from sync.cluster.place import ClusterPlace
from sync.errors import SyncError, UnreachableError, UsageError
from sync.timing import Timing
from tests.shared import api_server
from tests.shared.api_server import ApiServer, Fault
from tests.shared.clusters import Read

TOKEN = "good-token-0123456789"
OTHER = "other-token-9876543210"


def plugin(folder: Path, answer: str, *, code: int = 0, **exec_settings: Any) -> dict[str, Any]:
    """A user whose plugin prints this; what it gets is written to `info` in the folder, a line per run."""
    file = folder / "plugin"
    file.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, sys\n"
        f"log = pathlib.Path({str(folder / 'info')!r}).open('a')\n"
        "log.write(os.environ['KUBERNETES_EXEC_INFO'] + '\\n')\n"
        f"print({answer!r})\n"
        f"sys.exit({code})\n"
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    settings = {"command": str(file), "apiVersion": V1, "interactiveMode": "Never", **exec_settings}
    return {"exec": {name: value for name, value in settings.items() if value is not None}}


V1 = "client.authentication.k8s.io/v1"
BETA = "client.authentication.k8s.io/v1beta1"


def credential(version: str = V1, **status: Any) -> str:
    """What a plugin prints."""
    return json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status})


def pair(server: ApiServer) -> tuple[bytes, bytes]:
    """A client certificate that the cluster accepts, and its key."""
    found = server.authority.issue_cert("avi-sync@example.com")
    return found.cert_chain_pems[0].bytes(), found.private_key_pem.bytes()


def encoded(content: bytes) -> str:
    """As a kubeconfig holds it."""
    return base64.b64encode(content).decode()


def works(read: Read, user: dict[str, Any], **cluster: Any) -> bool:
    """Whether everything was read."""
    return read(user=user, **cluster).unread == ()


def test_a_token(read: Read) -> None:
    """Inline."""
    assert works(read, {"token": TOKEN})


@pytest.mark.parametrize("text", [TOKEN, f"{TOKEN}\n", f"  {TOKEN}\r\n"], ids=["bare", "newline", "blanks"])
def test_a_token_file(read: Read, tmp_path: Path, text: str) -> None:
    """Blanks around the token are nothing; the path is relative to the kubeconfig, and beats an inline token."""
    (tmp_path / "token").write_text(text)

    assert works(read, {"tokenFile": "token", "token": "wrong-token-000"})


def test_a_token_file_is_read_again_when_its_token_is_refused(server: ApiServer, read: Read, tmp_path: Path) -> None:
    """As the kubelet replaces it."""
    file = tmp_path / "token"
    file.write_text(OTHER)

    def rotate(_: api_server.Request) -> None:
        file.write_text(TOKEN)

    server.faults.append(Fault(matches="services", act=rotate))

    assert works(read, {"tokenFile": str(file)})


def test_a_client_certificate(server: ApiServer, read: Read) -> None:
    """Inline, with its key."""
    certificate, key = pair(server)

    assert works(read, {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)})


def test_a_client_certificate_in_files(server: ApiServer, read: Read, tmp_path: Path) -> None:
    """Relative to the kubeconfig."""
    for name, content in zip(("client.crt", "client.key"), pair(server), strict=True):
        (tmp_path / name).write_bytes(content)

    assert works(read, {"client-certificate": "client.crt", "client-key": "client.key"})


@pytest.mark.parametrize("version", [V1, BETA])
def test_a_plugin_with_a_token(read: Read, tmp_path: Path, version: str) -> None:
    """It runs once for the whole read, and learns its version and that nobody answers."""
    user = plugin(tmp_path, credential(version, token=TOKEN), apiVersion=version)

    assert works(read, user)

    (info,) = (tmp_path / "info").read_text().splitlines()
    assert json.loads(info) == {"kind": "ExecCredential", "apiVersion": version, "spec": {"interactive": False}}


def test_a_plugin_with_a_certificate(server: ApiServer, read: Read, tmp_path: Path) -> None:
    """Both parts are PEM."""
    certificate, key = pair(server)

    assert works(
        read, plugin(tmp_path, credential(clientCertificateData=certificate.decode(), clientKeyData=key.decode()))
    )


def test_a_plugin_that_wants_to_know_the_cluster(server: ApiServer, read: Read, tmp_path: Path) -> None:
    """It gets the content of the authority's file, not its name."""
    (tmp_path / "ca.crt").write_bytes(server.authority_pem)
    user = plugin(tmp_path, credential(token=TOKEN), provideClusterInfo=True)

    assert works(read, user, **{"certificate-authority": "ca.crt", "certificate-authority-data": ""})

    cluster = json.loads((tmp_path / "info").read_text())["spec"]["cluster"]
    assert cluster == {"server": server.url, "certificate-authority-data": encoded(server.authority_pem)}


def test_a_token_that_expires_in_the_middle_is_asked_for_again(server: ApiServer, read: Read, tmp_path: Path) -> None:
    """The plugin runs once more after a 401, and the request is sent again."""
    server.faults.append(Fault(matches="endpointslices", act=api_server.refused(401)))

    assert works(read, plugin(tmp_path, credential(token=TOKEN)))

    assert len((tmp_path / "info").read_text().splitlines()) == 2


def test_a_plugin_whose_token_is_over_runs_again(read: Read, tmp_path: Path) -> None:
    """Before each request that needs it."""
    over = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()

    assert works(read, plugin(tmp_path, credential(token=TOKEN, expirationTimestamp=over)))

    assert len((tmp_path / "info").read_text().splitlines()) > 1


FAILING: Mapping[str, tuple[str, int, dict[str, Any]]] = {
    "ends with 3": (credential(token=TOKEN), 3, {}),
    "junk": ("hello", 0, {}),
    "another version": (credential(BETA, token=TOKEN), 0, {}),
    "nothing": (credential(), 0, {}),
    "a certificate without key": (credential(clientCertificateData="x"), 0, {}),
    "missing": ("", 0, {"command": "/nowhere/plugin", "installHint": "install it"}),
}


@pytest.mark.parametrize(("answer", "code", "settings"), FAILING.values(), ids=FAILING)
def test_a_plugin_that_fails_stops_the_run_before_any_request(
    server: ApiServer, read: Read, tmp_path: Path, answer: str, code: int, settings: dict[str, Any]
) -> None:
    """Nothing is sent without a login."""
    with pytest.raises(UnreachableError) as failed:
        read(user=plugin(tmp_path, answer, code=code, **settings))

    assert (server.requests, TOKEN in str(failed.value)) == ([], False)


REFUSED: Mapping[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "as": ({"token": TOKEN, "as": "root"}, {}, "rights of another user"),
    "as-groups": ({"token": TOKEN, "as-groups": ["admins"]}, {}, "rights of another user"),
    "auth-provider": ({"auth-provider": {"name": "gcp"}}, {}, "auth-provider was removed"),
    "password": ({"username": "u", "password": "secret-password"}, {}, "no user name and password"),
    "plugin v1alpha1": (
        {"exec": {"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}},
        {},
        "not supported",
    ),
    "plugin without mode": ({"exec": {"command": "x", "apiVersion": V1}}, {}, "interactiveMode is required"),
    "plugin that asks": (
        {"exec": {"command": "x", "apiVersion": V1, "interactiveMode": "Always"}},
        {},
        "nobody can answer",
    ),
    "certificate without key": ({"client-certificate-data": "eA=="}, {}, "need each other"),
    "unverified": ({"token": TOKEN}, {"insecure-skip-tls-verify": True}, "whoever answers"),
    "plain http": ({"token": TOKEN}, {"server": "http://kube.example.com"}, "unencrypted"),
    "login in the URL": ({"token": TOKEN}, {"server": "https://u:p@kube.example.com"}, "contains a login"),
    "no server": ({"token": TOKEN}, {"server": ""}, "not a URL"),
    "a number for a token": ({"token": 12345}, {}, "users.0.user.token"),
    "no base64": ({"token": TOKEN}, {"certificate-authority-data": "%%%"}, "not base64"),
    "a file that is missing": (
        {"token": TOKEN},
        {"certificate-authority-data": "", "certificate-authority": "x.crt"},
        "x.crt",
    ),
}


@pytest.mark.parametrize(("user", "cluster", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_honoured_is_refused_and_never_ignored(
    server: ApiServer, read: Read, user: dict[str, Any], cluster: dict[str, Any], words: str
) -> None:
    """With the file and the entry, without a secret, and before any request."""
    with pytest.raises(UsageError) as refused:
        read(user=user, **cluster)

    text = str(refused.value)
    assert words in text.replace("[0]", ".0")
    assert "kubeconfig" in text
    assert (server.requests, TOKEN in text, "secret-password" in text) == ([], False, False)


UNUSABLE: Mapping[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a token of two lines": ({"token": f"{TOKEN}\n{TOKEN}"}, {}, "characters that no token has"),
    "a token with an accent": ({"token": f"{TOKEN}é"}, {}, "characters that no token has"),
    "an authority that is none": ({"token": TOKEN}, {"certificate-authority-data": "eA=="}, "no PEM certificate"),
    "a proxy of another kind": ({"token": TOKEN}, {"proxy-url": "socks5://127.0.0.1:1"}, "not a URL of http"),
    "a proxy without a scheme": ({"token": TOKEN}, {"proxy-url": "u:secret-password@proxy:8080"}, "not a URL of http"),
}


@pytest.mark.parametrize(("user", "cluster", "words"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_is_refused_before_any_request(
    server: ApiServer, read: Read, user: dict[str, Any], cluster: dict[str, Any], words: str
) -> None:
    """Without a secret; no header and no connection fails over it later."""
    with pytest.raises(UsageError) as refused:
        read(user=user, **cluster)

    text = str(refused.value)
    assert words in text
    assert (server.requests, TOKEN in text, "secret-password" in text) == ([], False, False)


def test_the_certificate_may_have_another_name(server: ApiServer, read: Read) -> None:
    """`tls-server-name` is what it must be then."""
    server.stop()
    server.names = ("kube.internal",)
    server.start()

    assert not works(read, {"token": TOKEN})
    assert works(read, {"token": TOKEN}, **{"tls-server-name": "kube.internal"})
    assert not works(read, {"token": TOKEN}, **{"tls-server-name": "other.internal"})


class Tunnel(socketserver.BaseRequestHandler):
    """A proxy that opens one tunnel for each CONNECT, and notes where to."""

    asked: ClassVar[list[str]] = []

    def handle(self) -> None:
        """Pass on what both sides send until one of them ends."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(4096)
        target = head.split()[1].decode()
        self.asked.append(target)
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            sides = {self.request: far, far: self.request}
            while True:
                for side in select.select(list(sides), [], [])[0]:
                    content = side.recv(65536)
                    if not content:
                        return
                    sides[side].sendall(content)


@pytest.fixture
def proxy() -> Iterator[str]:
    """The URL of a proxy."""
    Tunnel.asked.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_certificate_may_have_another_name_behind_a_proxy_too(server: ApiServer, read: Read, proxy: str) -> None:
    """All requests go through the proxy, and a wrong name is refused there as well."""
    server.stop()
    server.names = ("kube.internal",)
    server.start()

    assert works(read, {"token": TOKEN}, **{"proxy-url": proxy, "tls-server-name": "kube.internal"})
    assert set(Tunnel.asked) == {f"127.0.0.1:{server.port}"}
    assert not works(read, {"token": TOKEN}, **{"proxy-url": proxy, "tls-server-name": "other.internal"})
    assert not works(read, {"token": TOKEN}, **{"proxy-url": proxy})


def test_a_certificate_of_somebody_else_is_not_trusted(
    server: ApiServer, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not even if the environment vouches for it."""
    (tmp_path / "all.pem").write_bytes(server.authority_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "all.pem"))

    found = read(user={"token": TOKEN}, **{"certificate-authority-data": encoded(trustme.CA().cert_pem.bytes())})

    assert "not trusted" in found.unread[0].reason
    assert server.requests == []


def test_a_path_in_the_address_stays(server: ApiServer, read: Read) -> None:
    """As behind a proxy of clusters."""
    server.prefix = "/k8s/clusters/c-1"

    assert works(read, {"token": TOKEN})


@pytest.mark.parametrize("user", [{}, {"token": "wrong-token-000"}], ids=["none", "wrong"])
def test_a_login_that_the_cluster_refuses_is_told(read: Read, user: dict[str, Any]) -> None:
    """No login and a wrong one are distinguished, and the wrong one is not repeated."""
    (first, *_) = read(user=user).unread

    assert ("no login was sent" in first.reason) is (not user)
    assert "wrong-token" not in first.reason


# --- several files ----------------------------------------------------------------------------------------------------


def write(folder: Path, name: str, server: str, token: str, current: str | None) -> Path:
    """A kubeconfig whose cluster, user and context are all called `x`."""
    content = {
        "clusters": [{"name": "x", "cluster": {"server": server}}],
        "users": [{"name": "x", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(json.dumps(content | ({"current-context": current} if current else {})))
    return file


def test_the_first_file_wins(tmp_path: Path) -> None:
    """For each entry as a whole, and for the current context."""
    first = write(tmp_path, "a", "https://a.example.com", "a" * 9, None)
    second = write(tmp_path, "b", "https://b.example.com", "b" * 9, "x")
    (tmp_path / "empty").write_text("")

    found = read_kubeconfig((tmp_path / "empty", first, second))

    assert (found.name, found.address.server, found.login.token) == ("x", "https://a.example.com", "a" * 9)


def test_without_a_context_nothing_is_guessed(tmp_path: Path) -> None:
    """Kubectl would ask localhost."""
    file = write(tmp_path, "a", "https://a.example.com", "a" * 9, None)

    with pytest.raises(UsageError, match="no current-context"):
        read_kubeconfig((file,))


def test_a_context_that_is_misspelt_is_suggested(tmp_path: Path) -> None:
    """With the name that it nearly has."""
    file = write(tmp_path, "a", "https://a.example.com", "a" * 9, "y")

    with pytest.raises(UsageError, match='no context "y"'):
        read_kubeconfig((file,))


def test_a_kubeconfig_in_the_source_tree_is_refused(tmp_path: Path) -> None:
    """A commit must not choose what programs run, by a link neither."""
    file = write(tmp_path / "tree", "config", "https://a.example.com", "a" * 9, "x")
    link = tmp_path / "link"
    link.symlink_to(file)

    for path in (file, link):
        with pytest.raises(UsageError, match="a commit can change it"):
            context_of(ClusterPlace(kubeconfig=path), {}, source=tmp_path / "tree")


def test_without_any_word_no_cluster_is_taken() -> None:
    """Not even the one that is current in the home folder."""
    with pytest.raises(UsageError, match="no cluster is given"):
        context_of(ClusterPlace(), {})


def test_kubeconfig_of_the_environment(tmp_path: Path) -> None:
    """Several files, of which some may be missing."""
    file = write(tmp_path, "a", "https://a.example.com", "a" * 9, "x")
    listed = os.pathsep.join((str(tmp_path / "missing"), "", str(file)))

    assert context_of(ClusterPlace(), {"KUBECONFIG": listed}).address.server == "https://a.example.com"


# --- in a pod ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("host", "bind"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1")])
def test_the_service_account_of_the_pod(server: ApiServer, tmp_path: Path, host: str, bind: str) -> None:
    """Over IPv6, too."""
    server.stop()
    server.start(bind)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "ca.crt").write_bytes(server.authority_pem)
    environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": str(server.port)}

    assert is_in_cluster(environment, tmp_path)
    with ClusterClient(in_cluster(environment, tmp_path), timing=Timing()) as client:
        assert client.get("/version")["gitVersion"] == "v1.30.4"


def test_outside_of_a_pod_there_is_none(tmp_path: Path) -> None:
    """Without the variables, or without the token."""
    assert not is_in_cluster({}, tmp_path)
    assert not is_in_cluster({"KUBERNETES_SERVICE_HOST": "a", "KUBERNETES_SERVICE_PORT": "1"}, tmp_path)


def test_no_message_holds_a_secret(server: ApiServer, read: Read) -> None:
    """What the server quotes is blanked."""
    server.faults.append(
        Fault(matches="", act=lambda request: api_server.quoting(request.headers["authorization"]), times=99)
    )

    try:
        text = str(read(user={"token": TOKEN}).unread)
    except SyncError as error:
        text = str(error)

    assert TOKEN not in text
