"""What is written and never read."""

from typing import Any

import httpx
import pytest
import trustme

AUTHORITY = trustme.CA(organization_name="Example", organization_unit_name="Shop")
ISSUED = AUTHORITY.issue_cert("web.example.com", "192.0.2.1", common_name="web")
PEM = ISSUED.cert_chain_pems[0].bytes().decode()
KEY = "-----BEGIN PRIVATE KEY-----"
CERTIFICATE = {"name": "c", "key": KEY, "certificate": {"certificate": PEM, "self_signed": True}, "key_passphrase": ""}


def stored(api: httpx.Client, query: str = "") -> Any:
    """The certificate as it is read."""
    return api.get(f"/api/sslkeyandcertificate?name=c{query}").json()["results"][0]


def test_private_key_is_shown_on_request_only(api: httpx.Client) -> None:
    """No answer holds the key but a GET with export_key; that of a POST leaves the certificate's text out, too."""
    made = api.post("/api/sslkeyandcertificate", json=CERTIFICATE).json()

    assert "key" not in made.keys() | stored(api).keys()
    assert "certificate" not in made["certificate"]
    assert stored(api)["certificate"]["certificate"] == PEM
    assert stored(api, "&export_key=true")["key"] == KEY
    assert "key" not in stored(api, "&skip_default=true")


def test_key_survives_what_cannot_name_it(api: httpx.Client) -> None:
    """A PUT of what was read keeps the key, a PUT with another key replaces it."""
    api.post("/api/sslkeyandcertificate", json=CERTIFICATE)
    read = stored(api)
    path = f"/api/sslkeyandcertificate/{read['uuid']}"

    api.put(path, json=read).raise_for_status()
    kept = stored(api, "&export_key")["key"]
    api.put(path, json={**read, "key": "other", "_last_modified": None}).raise_for_status()

    assert (kept, stored(api, "&export_key")["key"]) == (KEY, "other")


def test_passwords_are_masked(api: httpx.Client) -> None:
    """A password reads as a mask, also deep inside, and the mask written back changes nothing."""
    configuration = api.get("/api/systemconfiguration").json()
    configuration["email_configuration"]["auth_password"] = "hush"

    written = api.put("/api/systemconfiguration", json=configuration)
    again = api.put("/api/systemconfiguration", json=written.json())

    assert written.json()["email_configuration"]["auth_password"] == "<sensitive>"
    assert again.status_code == 200
    assert "hush" not in written.text + again.text + api.get("/api/systemconfiguration").text


def test_certificate_is_parsed(api: httpx.Client) -> None:
    """A certificate tells what is in it, whatever the client said; written back, it tells the same."""
    api.post("/api/sslkeyandcertificate", json=CERTIFICATE).raise_for_status()
    read = stored(api)

    written = api.put(f"/api/sslkeyandcertificate/{read['uuid']}", json=read)

    shown = read["certificate"]
    assert written.status_code == 200, written.text
    assert stored(api)["certificate"] == shown
    assert shown["subject"]["common_name"] == "web"
    assert (shown["issuer"]["organization"], shown["issuer"]["organization_unit"]) == ("Example", "Shop")
    assert (shown["self_signed"], shown["version"], shown["expiry_status"]) == (False, "3", "SSL_CERTIFICATE_GOOD")
    assert shown["subject_alt_names"] == ["web.example.com", "192.0.2.1"]
    assert shown["key_params"]["algorithm"] == "SSL_KEY_ALGORITHM_EC"
    assert shown["serial_number"].isdecimal()
    assert shown["public_key"].startswith("-----BEGIN PUBLIC KEY-----")


def test_authority_signs_itself(api: httpx.Client) -> None:
    """Issuer and subject of a root are one."""
    body = {"name": "c", "certificate": {"certificate": AUTHORITY.cert_pem.bytes().decode()}}
    api.post("/api/sslkeyandcertificate", json=body).raise_for_status()

    shown = stored(api)["certificate"]

    assert (shown["self_signed"], shown["issuer"]) == (True, shown["subject"])
    assert "subject_alt_names" not in shown


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "é"])
def test_what_is_no_certificate_is_refused(api: httpx.Client, text: str) -> None:
    """A text that cannot be read as a certificate is 400 in the words that AKO knows."""
    refused = api.post("/api/sslkeyandcertificate", json={"name": "c", "certificate": {"certificate": text}})

    assert (refused.status_code, refused.json()["error"].startswith("Import error")) == (400, True)


def test_empty_passphrase_is_shown_empty(api: httpx.Client) -> None:
    """There is nothing to hide in a passphrase that is none; another one is masked."""
    api.post("/api/sslkeyandcertificate", json=CERTIFICATE).raise_for_status()
    read = stored(api)
    path = f"/api/sslkeyandcertificate/{read['uuid']}"

    secret = api.put(path, json={**read, "key_passphrase": "hush"}).json()["key_passphrase"]

    assert (read["key_passphrase"], secret) == ("", "<sensitive>")
