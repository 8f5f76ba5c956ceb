"""Logging in to a remote repository, and keeping the secrets."""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from sync.errors import SourceError, UnreachableError
from sync.model.source import Snapshot
from sync.source.git.command import GitLogin, one_line
from sync.source.git.source import SourceRequest

Make = Callable[..., Path]
Read = Callable[..., Snapshot]
Serve = Callable[..., Any]

TOKEN = "t0ken-of-a-robot"
ENCODED = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
HEADER = f"Basic {ENCODED}"

SSH_STUB = """#!/bin/sh
# Takes the place of ssh: writes its arguments down and runs the last one here.
for argument in "$@"; do printf '%s\\n' "$argument"; done >> {log}
for last in "$@"; do :; done
exec sh -c "$last"
"""


@pytest.fixture
def ssh_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a program called ssh, first in PATH, writes down how it was called."""
    log = tmp_path / "ssh.log"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/ssh").write_text(SSH_STUB.format(log=log))
    (tmp_path / "bin/ssh").chmod(0o755)
    real_path = Path(shutil.which("git") or "").parent
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{real_path}:/usr/bin:/bin")
    return log


def test_the_token_reaches_the_server_and_nothing_else(
    tmp_path: Path, make_repository: Make, serve_http: Serve, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    """The token is in the header of every request, and in no URL, argument, log line or file."""
    caplog.set_level("DEBUG")
    make_repository()
    server = serve_http()
    server.authorization = HEADER

    snapshot = read(f"{server.url}/repository", login=GitLogin(token=TOKEN))

    assert [file.path for file in snapshot.files] == ["web.yaml"]
    assert snapshot.location == f"{server.url}/repository"
    assert {request["HTTP_AUTHORIZATION"] for request in server.requests} == {HEADER}
    urls = [f"{request['PATH_INFO']}?{request['QUERY_STRING']}" for request in server.requests]
    kept = b"".join(file.read_bytes() for file in (tmp_path / "cache").rglob("*") if file.is_file())
    # GitPython logs every command with its arguments.
    assert "ls-remote" in caplog.text
    assert "fetch" in caplog.text
    for secret in (TOKEN, ENCODED):
        assert secret not in f"{urls} {caplog.text} {snapshot}"
        assert secret.encode() not in kept


@pytest.mark.parametrize(
    ("login", "header"),
    [
        pytest.param(GitLogin(token="t", username="deploy"), "Basic ZGVwbG95OnQ=", id="user name"),
        pytest.param(GitLogin(token="t", is_bearer=True), "Bearer t", id="bearer"),
    ],
)
def test_the_login_is_sent_as_the_host_wants_it(
    login: GitLogin, header: str, make_repository: Make, serve_http: Serve, read: Read
) -> None:
    """Some hosts want a user name beside the token, some a Bearer header."""
    make_repository()
    server = serve_http()
    server.authorization = header

    assert read(f"{server.url}/repository", login=login).commit


@pytest.mark.parametrize(
    ("token", "message", "fix"),
    [
        pytest.param("", "asks for a login, and no token was given", "SYNC_GIT_TOKEN", id="no token"),
        pytest.param("wrong-token", "refused the login", "--git-username or --git-auth bearer", id="wrong token"),
    ],
)
def test_refused_login(
    token: str, message: str, fix: str, make_repository: Make, serve_http: Serve, read: Read
) -> None:
    """Without the right token nobody is asked; the message says that it is the login, and the fix what to give."""
    make_repository()
    server = serve_http()
    server.authorization = HEADER

    with pytest.raises(UnreachableError, match=message) as caught:
        read(f"{server.url}/repository", login=GitLogin(token=token))

    assert fix in caught.value.fix
    assert "wrong-token" not in str(caught.value)


def test_the_token_does_not_follow_a_redirect(make_repository: Make, serve_http: Serve, read: Read) -> None:
    """A server that sends us elsewhere does not get the token carried there."""
    make_repository()
    server, elsewhere = serve_http(), serve_http()
    server.redirect_to = elsewhere.url

    with pytest.raises(UnreachableError) as caught:
        read(f"{server.url}/repository", login=GitLogin(token=TOKEN))

    assert elsewhere.requests == []
    assert "redirects" in caught.value.fix


def test_redirect_without_a_token(make_repository: Make, serve_http: Serve, read: Read) -> None:
    """A public repository that has moved is followed."""
    make_repository()
    server, elsewhere = serve_http(), serve_http()
    server.redirect_to = elsewhere.url

    assert read(f"{server.url}/repository").commit


def test_second_read_asks_once(make_repository: Make, serve_http: Serve, read: Read) -> None:
    """If nothing has changed, only the refs of the remote are requested."""
    make_repository()
    server = serve_http()
    first = read(f"{server.url}/repository", ref="main")
    server.requests.clear()

    assert read(f"{server.url}/repository", ref="main") == first
    assert [request["REQUEST_METHOD"] for request in server.requests] == ["GET", "POST"]


def test_missing_repository(make_repository: Make, serve_http: Serve, read: Read) -> None:
    """A repository the server does not know is unreachable."""
    make_repository()
    server = serve_http()

    with pytest.raises(UnreachableError, match="not found"):
        read(f"{server.url}/elsewhere")


def test_certificates(
    make_repository: Make, serve_http: Serve, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """https:// works with a CA named by SSL_CERT_FILE and is refused without, whatever GIT_SSL_NO_VERIFY says."""
    make_repository()
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "server.pem"))
    certificate.private_key_pem.write_to_path(str(tmp_path / "server.key"))
    server = serve_http((tmp_path / "server.pem", tmp_path / "server.key"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.delenv("GIT_SSL_CAINFO", raising=False)
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(UnreachableError, match="certificate") as caught:
        read(f"{server.url}/repository", login=GitLogin(token=TOKEN))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    snapshot = read(f"{server.url}/repository", login=GitLogin(token=TOKEN))

    assert "SSL_CERT_FILE" in caught.value.fix
    assert snapshot.commit


def test_tokens_are_not_shown() -> None:
    """A request can be printed without its token."""
    assert TOKEN not in repr(SourceRequest(location="x", login=GitLogin(token=TOKEN), cache_dir=Path()))


@pytest.mark.parametrize("form", ["ssh://git@git.example.com:2222{}", "git@git.example.com:{}"])
def test_ssh(form: str, make_repository: Make, read: Read, ssh_log: Path, tmp_path: Path) -> None:
    """Both forms of ssh URLs use the given key and known hosts only, ask nothing and refuse unknown hosts."""
    repository = make_repository()
    key, known_hosts = tmp_path / "the key", tmp_path / "known % hosts"
    key.touch()
    known_hosts.touch()

    snapshot = read(form.format(repository), ssh_key_file=str(key), known_hosts_file=str(known_hosts))

    called = ssh_log.read_text().splitlines()
    assert [file.path for file in snapshot.files] == ["web.yaml"]
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", str(key)} <= set(called)
    assert f'UserKnownHostsFile="{tmp_path}/known %% hosts"' in called
    assert "git@git.example.com" in called


def test_ssh_with_the_users_own_files(make_repository: Make, read: Read, ssh_log: Path) -> None:
    """Without files of our own, ssh takes the user's keys and known hosts, and is as strict."""
    repository = make_repository()

    read(f"ssh://git.example.com{repository}")

    called = ssh_log.read_text()
    assert "StrictHostKeyChecking=yes" in called
    assert "UserKnownHostsFile" not in called
    assert "IdentitiesOnly" not in called


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        ("Host key verification failed.", "known_hosts"),
        ("git@git.example.com: Permission denied (publickey).", "private key"),
    ],
)
def test_ssh_refusals(words: str, fix: str, read: Read, ssh_log: Path, tmp_path: Path) -> None:
    """What ssh complains of is in the error, with what to do."""
    (tmp_path / "bin/ssh").write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 255\n")

    with pytest.raises(UnreachableError) as caught:
        read("ssh://git@git.example.com/lb")

    assert words in caught.value.message
    assert fix in caught.value.fix


@pytest.mark.parametrize("field", ["ssh_key_file", "known_hosts_file"])
def test_missing_ssh_file(field: str, read: Read) -> None:
    """A key or known_hosts file that does not exist is an error, not a silent fall-back."""
    with pytest.raises(SourceError, match="there is no"):
        read("ssh://git@git.example.com/lb", **{field: "/nowhere/file"})


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("hint: a\nwarning: b\nfatal: no\nmore advice\n", "no", id="advice"),
        pytest.param("Host key failed.\r\nfatal: no\n", "Host key failed.; no", id="ssh speaks first"),
        pytest.param("remote: \x1b[31mred\x07\nfatal: no", "[31mred; no", id="control characters"),
        pytest.param("fatal: bad https://x:s3cr3t@h", "bad https://x:***@h", id="secret"),
        pytest.param("fatal: " + "x" * 500, "x" * 400 + "…", id="long"),
    ],
)
def test_one_line(errors: str, expected: str) -> None:
    """Git's complaint becomes one short line without secrets."""
    assert one_line(errors.encode(), ("s3cr3t",)) == expected
