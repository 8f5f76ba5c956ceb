"""Secrets are planted wherever one can be, and looked for in everything that a run leaves behind."""

import base64
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.cli.terminal import say_defect
from sync.desired import load_source, make_desired
from sync.emulator import Emulator
from sync.model.facts import assumed_facts
from sync.report.formats import RUN
from sync.source.git.command import GitLogin
from sync.source.git.source import SourceRequest
from tests.shared.emulated_controller import SEED, Controller, Result, Run
from tests.shared.tree import VALUES, Tree, app

CANARY = "canary"
"""Part of every secret here: if it turns up, one has slipped out."""

PASSWORD = f"{CANARY}-password"
OAUTH: Mapping[str, Any] = {
    "cookie_name": "session",
    "redirect_uri": "https://web.example/callback",
    "key": [{"name": "first", "aes_key": f"{CANARY}-aes", "hmac_key": f"{CANARY}-hmac"}],
    "oauth_settings": [
        {
            "auth_profile_ref": "/api/authprofile?name=idp",
            "app_settings": {"client_id": "web", "client_secret": f"{CANARY}-client"},
        }
    ],
}
SAML: Mapping[str, Any] = {
    "entity_id": "web",
    "single_signon_url": "https://web.example/saml",
    "authn_req_acs_type": "SAML_AUTHN_REQ_ACS_TYPE_NONE",
    "key": [{"name": "first", "aes_key": f"{CANARY}-live-aes", "hmac_key": f"{CANARY}-live-hmac"}],
}
SECRET_MANIFEST = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "avi", "namespace": "shop"},
    "stringData": {"password": f"{CANARY}-manifest"},
}


def with_oauth(oauth: Mapping[str, Any]) -> str:
    """A template of VirtualServices that renders secrets."""
    own = files("sync").joinpath("templates", "virtualservice.json.j2").read_text("utf-8")
    return own.replace('  "pool_ref"', f'  "oauth_vs_config": {json.dumps(oauth)},\n  "pool_ref"')


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    """A Controller with a secret password."""
    log = tmp_path / "requests.jsonl"
    log.touch()
    with Emulator(port=0, requests_log=log, seed=SEED, password=PASSWORD) as emulator:
        yield Controller(url=emulator.url, log=log, password=PASSWORD)


@pytest.fixture
def planted(tree: Tree, controller: Controller, sync: Run, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Secrets in the environment, in values.yaml, in a manifest, and in what a template renders."""
    monkeypatch.setenv("SYNC_PASSWORD", PASSWORD)
    monkeypatch.setenv("SYNC_GIT_TOKEN", f"{CANARY}-git-token")
    monkeypatch.setenv("SYNC_VERBOSE", "true")
    values = {**VALUES, "avicredentials": {"username": "admin", "password": f"{CANARY}-values"}}
    tree.write({"values.yaml": [values], "templates/virtualservice.json.j2": with_oauth(OAUTH)})
    tree.commit(web=app(), secret=[SECRET_MANIFEST])
    return tree


def assert_silent(*results: Result, log: str = "") -> None:
    """No secret in anything that was printed or logged, plain or encoded."""
    for text in (*(result.out for result in results), *(result.err for result in results), log):
        assert CANARY not in text.lower()
        assert base64.b64encode(CANARY.encode()).decode()[:7] not in text


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_run_shows_a_secret(
    planted: Tree, sync: Run, controller: Controller, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    """Create, update, replace and delete, planned and applied, with every request logged."""
    caplog.set_level(logging.DEBUG)
    results = [sync("render", "--format", form), sync("validate", "--format", form)]
    results += [sync("--dry-run", "--format", form), sync("--format", form)]
    controller.change("virtualservice", "test--shop-web", saml_sp_config=SAML)
    changed = {**OAUTH, "key": [{"name": "first", "aes_key": f"{CANARY}-2", "hmac_key": f"{CANARY}-3"}]}
    planted.write({"templates/virtualservice.json.j2": with_oauth(changed)})
    planted.commit(web=app(ports=(80, 443)))
    results += [sync("--dry-run", "--format", form), sync("--format", form)]
    planted.commit(web=app(address="10.10.10.77"))
    results += [sync("--dry-run", "--format", form), sync("--format", form)]
    planted.commit(web=None, other=app("other"))
    results += [sync("--dry-run", "--format", form), sync("--format", form)]

    assert [result.code for result in results] == [0] * len(results)
    assert_silent(*results, log=caplog.text)
    assert "event=request" in results[-1].err


def test_no_file_that_a_run_leaves_holds_a_secret(
    planted: Tree, sync: Run, controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports of every form, a saved plan, statuses, metrics, the journal and what it tells, the state folder."""
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setenv("SYNC_JOURNAL", str(kept / "journal.jsonl"))
    monkeypatch.setenv("SYNC_OUTPUT_FILE", " ".join(f"{form}={kept / form}" for form in RUN))
    monkeypatch.setenv("SYNC_STATUS_DIR", str(kept / "statuses"))
    monkeypatch.setenv("SYNC_METRICS_FILE", str(kept / "metrics.prom"))
    monkeypatch.setenv("SYNC_TERMINATION_LOG", str(kept / "termination"))
    results = [sync()]
    controller.change("virtualservice", "test--shop-web", saml_sp_config=SAML)
    changed = {**OAUTH, "key": [{"name": "first", "aes_key": f"{CANARY}-2", "hmac_key": f"{CANARY}-3"}]}
    planted.write({"templates/virtualservice.json.j2": with_oauth(changed)})
    planted.commit(web=app(address="10.10.10.77"))
    results += [sync("plan", "--out", str(kept / "plan.json")), sync()]
    results += [sync("history", "--run", "last"), sync("history", "--run", "last", "--format", "text")]

    files = [file for folder in (kept, tmp_path / "state") for file in folder.rglob("*") if file.is_file()]
    found = {file.name: file.read_bytes().lower() for file in files}

    assert [result.code for result in results] == [0] * len(results)
    assert_silent(*results)
    assert {"journal.jsonl", "plan.json", "metrics.prom", "termination", *RUN} <= found.keys()
    assert [name for name, content in found.items() if CANARY.encode() in content] == []
    assert b"<secret>" in found["journal.jsonl"]


def test_a_changed_secret_is_planned_without_being_shown(planted: Tree, sync: Run, controller: Controller) -> None:
    """Old and new value are masked; after the write the hidden value counts as equal."""
    assert sync().code == 0
    client = {"client_id": "web", "client_secret": f"{CANARY}-new"}
    oauth = {**OAUTH, "oauth_settings": [{**OAUTH["oauth_settings"][0], "app_settings": client}]}
    planted.write({"templates/virtualservice.json.j2": with_oauth(oauth)})
    planted.commit()

    plan = sync("--dry-run")
    done = sync()
    again = sync("--dry-run", "--detailed-exitcode")

    field = "oauth_vs_config.oauth_settings[0].app_settings.client_secret"
    expected = [{"path": field, "before": "<secret>", "after": "<secret>"}]
    assert [change["fields"] for change in plan.document["changes"]] == [expected]
    assert (done.code, again.code) == (0, 0)
    assert_silent(plan, done, again)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_failure_shows_a_secret(
    planted: Tree, sync: Run, controller: Controller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    """A refused write whose answer repeats what it was sent, a wrong password, nobody there, a bad file."""
    monkeypatch.setenv("SYNC_FORMAT", form)
    said = f"client_secret {CANARY}-client and session {PASSWORD} are refused"
    controller.fault(method="POST", path="/api/virtualservice", do="status", status=400, body={"error": said})
    refused = sync()
    controller.fault(path="/login", do="status", status=401, body={"error": f"{CANARY}-wrong is wrong"})
    monkeypatch.setenv("SYNC_PASSWORD", f"{CANARY}-wrong")
    wrong = sync()
    monkeypatch.setenv("SYNC_CONTROLLER", "http://127.0.0.1:1")
    nobody = sync()
    monkeypatch.setenv("SYNC_CONTROLLER", f"https://admin:{CANARY}-in-url@127.0.0.1:1")
    in_url = sync()
    (tmp_path / "password").write_bytes(f"{CANARY}-\xff".encode("latin-1"))
    bad_file = sync("--password-file", str(tmp_path / "password"))

    results = [refused, wrong, nobody, in_url, bad_file]
    assert [result.code for result in results] == [5, 6, 6, 64, 64]
    assert "*** and session *** are refused" in refused.out
    assert_silent(*results)


def test_no_usage_error_shows_a_secret(planted: Tree, sync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts a secret where none belongs."""
    as_flag = [sync("--password", f"{CANARY}-flag"), sync(f"--password={CANARY}-flag")]
    monkeypatch.setenv("SYNC_SOURCE", f"https://robot:{CANARY}-in-url@127.0.0.1:1/repo.git")
    in_source = sync()

    assert [result.code for result in [*as_flag, in_source]] == [64, 64, 3]
    assert_silent(*as_flag, in_source)


@pytest.mark.parametrize("place", ["values.yaml", "web.yaml", "templates/virtualservice.json.j2"])
def test_no_broken_file_shows_a_secret(planted: Tree, sync: Run, place: str) -> None:
    """What cannot be parsed is named by its place, not quoted."""
    planted.write({place: f"kind: Gateway\navicredential: {{password: {CANARY}-x\n  key: [{CANARY}-y, '"})
    planted.commit()

    results = [sync("--dry-run"), sync("validate"), sync("render")]

    assert all(result.code in (3, 5) for result in results)
    assert_silent(*results)


def test_a_key_that_is_not_known_does_not_show_its_value(planted: Tree, sync: Run) -> None:
    """A misspelt section is named, what stands in it is not."""
    planted.write({"values.yaml": [{**VALUES, "avicredential": {"password": f"{CANARY}-x"}}]})
    planted.commit()

    result = sync("validate")

    assert "avicredential" in result.out
    assert_silent(result)


def test_an_unforeseen_error_shows_no_secret(planted: Tree, sync: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Even a defect of ours that quotes the password ends in one line without it."""
    sync("--dry-run")

    say_defect(ValueError(f"cannot send {PASSWORD} to https://u:{CANARY}@a.example"))

    said = capsys.readouterr().err
    assert "unexpected ValueError: cannot send *** to https://***@a.example" in said
    assert CANARY not in said


def test_a_logged_defect_shows_no_secret(planted: Tree, sync: Run) -> None:
    """A traceback in the log of --verbose quotes the error, not the password in it."""

    def with_defect(record: logging.LogRecord) -> bool:
        error = ValueError(f"cannot send {PASSWORD}")
        record.exc_info = (type(error), error, None)
        return True

    logger = logging.getLogger("sync.controller.wire")
    logger.addFilter(with_defect)
    try:
        done = sync("--dry-run")
    finally:
        logger.removeFilter(with_defect)

    assert "ValueError: cannot send ***" in done.err
    assert_silent(done)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{CANARY}-git-token", id="as it is"),
        pytest.param(f"x {CANARY.upper()}-GIT-TOKEN y", id="in upper case"),
        pytest.param(base64.b64encode(f"token={CANARY}-git-token".encode()).decode(), id="in base64"),
    ],
)
def test_a_template_that_writes_a_credential_holds_its_owners(
    planted: Tree, sync: Run, controller: Controller, text: str
) -> None:
    """However it came by it, the Controller does not get it, and nobody else does."""
    planted.write({"templates/pool.json.j2": f'{{"description": "{text}"}}'})
    planted.commit()

    results = [sync("render"), sync()]

    assert [result.code for result in results] == [3, 3]
    assert "contains the secret of SYNC_GIT_TOKEN" in results[0].out
    assert controller.all_writes() == []
    assert_silent(*results)


def test_a_password_that_is_an_ordinary_word_holds_nobody(
    tree: Tree, sync: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of this tree and words of every body hold it, too."""
    monkeypatch.setenv("SYNC_TOKEN", "shop")
    monkeypatch.setenv("SYNC_GIT_TOKEN", "network")
    monkeypatch.setenv("SYNC_GITHUB_TOKEN", "p")
    tree.commit(web=app())

    assert sync("render").code == 0


def test_git_and_what_it_starts_find_no_credential_in_their_environment(
    planted: Tree, sync: Run, controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ours nor a CI's; afterwards the environment is as it was."""
    seen = tmp_path / "seen"
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nenv >> {seen}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{CANARY}-of-ci")
    monkeypatch.setenv("GITHUB_TOKEN", f"{CANARY}-of-workflow")

    done = sync("--dry-run")

    assert done.code == 0
    assert "GIT_CONFIG_COUNT" in seen.read_text()
    assert CANARY not in seen.read_text()
    assert os.environ["GITHUB_TOKEN"] == f"{CANARY}-of-workflow"
    assert os.environ["SYNC_PASSWORD"] == PASSWORD


def test_no_value_of_the_core_shows_a_secret_in_its_repr(planted: Tree, sync: Run) -> None:
    """A debugger, an assertion or a log line that prints a whole value prints no secret."""
    request = SourceRequest(
        location=str(planted.folder),
        login=GitLogin(token=f"{CANARY}-token"),
        cache_dir=planted.folder,
        plain_folder_allowed=True,
    )
    desired = make_desired(load_source(request), assumed_facts("Default-Cloud"))

    assert desired.objects
    assert CANARY not in f"{request!r} {desired!r}"


def test_no_secret_is_in_the_arguments_of_a_process(planted: Tree, controller: Controller, tmp_path: Path) -> None:
    """`ps` shows everybody the arguments of every process: ours, and those of git."""
    controller.fault(path="/login", do="delay", delay_ms=300)
    with subprocess.Popen(
        [sys.executable, "-m", "sync", "--dry-run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        seen = set()
        while process.poll() is None:
            for number in range(process.pid, process.pid + 40):
                with suppress(OSError):  # not there, or gone since
                    seen.add(Path(f"/proc/{number}/cmdline").read_bytes())
            time.sleep(0.005)
        out, err = process.communicate()

    assert any(b"--dry-run" in arguments for arguments in seen)
    assert [arguments for arguments in seen if CANARY.encode() in arguments] == []
    assert_silent(Result(code=0, out=out, err=err))


SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["C"], exclude_characters="{"), min_size=6
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=SECRETS.map(lambda text: f"{text}-{CANARY}-{text}"))
def test_no_secret_of_any_form_is_shown(planted: Tree, sync: Run, controller: Controller, secret: str) -> None:
    """Whatever characters a secret is made of: rendered, compared, sent, refused, it is nowhere."""
    oauth = {**OAUTH, "key": [{"name": "first", "aes_key": secret, "hmac_key": secret}]}
    planted.write({"templates/virtualservice.json.j2": with_oauth(oauth)})
    planted.commit()
    controller.fault(path="/api/virtualservice*", method="PUT", do="status", status=400, body={"error": secret})

    results = [sync("render"), sync("--format", "text"), sync()]

    assert_silent(*results)
