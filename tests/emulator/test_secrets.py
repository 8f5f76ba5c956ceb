"""What is written and never read."""

from typing import Any

import httpx

PEM = "-----BEGIN CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----"
CERTIFICATE = {"name": "c", "key": KEY, "certificate": {"certificate": PEM, "self_signed": True}}


def stored(api: httpx.Client, query: str = "") -> Any:
    """The certificate as it is read."""
    return api.get(f"/api/sslkeyandcertificate?name=c{query}").json()["results"][0]


def test_private_key_is_shown_on_request_only(api: httpx.Client) -> None:
    """No answer holds the key but a GET with export_key; that of a POST leaves the certificate's text out, too."""
    made = api.post("/api/sslkeyandcertificate", json=CERTIFICATE).json()

    assert ("key" in made, made["certificate"]) == (False, {**made["certificate"], "self_signed": True})
    assert "certificate" not in made["certificate"]
    assert "key" not in stored(api)
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
