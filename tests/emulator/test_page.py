"""The page at `/`, in a real browser."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from sync.cli import main
from sync.emulator import Emulator
from tests.conftest import CHROMIUM, DRIVER

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "repo"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1400",
)
PATIENCE_SECONDS = 20
LogIn = Callable[..., httpx.Client]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A chromium without a past."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


def committed_example(folder: Path) -> Path:
    """The example tree as a repository."""
    shutil.copytree(EXAMPLE, folder)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for command in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "example")):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def names(browser: webdriver.Chrome, kind: str) -> list[str]:
    """The names of the nodes of a kind in the picture."""
    found = browser.find_elements(By.CSS_SELECTOR, f"#picture .{kind}")
    return sorted(str(one.get_attribute("data-name")) for one in found)


def targets(browser: webdriver.Chrome, name: str) -> list[str]:
    """The names of the nodes that edges of a node lead to."""
    script = """
        const of = id => document.querySelector(`[data-id="${CSS.escape(id)}"]`).dataset.name;
        return [...document.querySelectorAll("#picture .edge")]
            .filter(edge => of(edge.dataset.from) === arguments[0]).map(edge => of(edge.dataset.to)).sort()
    """
    found: list[str] = browser.execute_script(script, name)
    return found


def wait_for(browser: webdriver.Chrome, selector: str, count: int) -> None:
    """Until there are so many elements."""
    WebDriverWait(browser, PATIENCE_SECONDS).until(
        lambda driver: len(driver.find_elements(By.CSS_SELECTOR, selector)) == count
    )


@pytest.mark.browser
def test_page_shows_what_a_sync_has_made(
    emulator: Emulator, browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open page draws each VirtualService with VIP, ports, pools and servers as soon as they exist, and the log."""
    monkeypatch.setenv("SYNC_PASSWORD", "emulator")
    monkeypatch.setenv("SYNC_CACHE_DIR", str(tmp_path / "cache"))
    browser.get(emulator.url)
    wait_for(browser, "#empty:not([hidden])", 1)

    with pytest.raises(SystemExit) as ended:
        main(["sync", "--source", str(committed_example(tmp_path / "repo")), "--controller", emulator.url])
    wait_for(browser, "#picture .virtualservice", 4)

    blue = "my-cluster--blue-my-gateway"
    assert ended.value.code == 0
    assert names(browser, "virtualservice") == [
        blue,
        "my-cluster--mail-relay",
        "my-cluster--shop-storefront",
        "my-cluster--telemetry-syslog",
    ]
    assert names(browser, "port") == ["25 TCP", "443 TCP", "514 UDP", "80 TCP", "8081 TCP"]
    assert targets(browser, "25 TCP") == ["my-cluster--mail-relay-TCP-25"]
    assert targets(browser, "my-cluster--mail-relay-TCP-25") == ["10.244.1.41:2525", "10.244.2.41:2525"]
    assert targets(browser, blue) == ["80 TCP", "8081 TCP", blue]  # VIP and VirtualService have one name
    assert "10.10.10.50" in browser.find_element(By.ID, "picture").text
    assert browser.find_element(By.CSS_SELECTOR, "[data-count=pool]").text == "5 pool"
    assert len(browser.find_elements(By.CSS_SELECTOR, "#requests tr[data-status='201']")) == 18  # and the lock
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]  # selenium's own gap


@pytest.mark.browser
def test_page_follows_changes(emulator: Emulator, api: httpx.Client, browser: webdriver.Chrome) -> None:
    """Names are text whatever they hold, a filter narrows the picture, faults stand in the log."""
    name = "<img src=x onerror=alert(1)>"
    browser.get(emulator.url)
    httpx.put(f"{emulator.url}/_emulator/faults", json=[{"path": "/api/pool/x", "do": "status", "status": 503}])
    for one in (name, "other"):
        api.post("/api/vsvip", json={"name": one, "vip": [{"auto_allocate_ip": True}]})
        api.post("/api/virtualservice", json={"name": one, "vsvip_ref": f"/api/vsvip?name={one}"})
    api.get("/api/pool/x")

    wait_for(browser, "#picture .virtualservice", 2)
    drawn = names(browser, "virtualservice")
    browser.find_element(By.ID, "filter").send_keys("othe")
    wait_for(browser, "#picture .virtualservice", 1)
    wait_for(browser, ".fault", 1)

    assert drawn == [name, "other"]
    assert browser.find_element(By.CSS_SELECTOR, ".fault").text == "fault: status"
    assert browser.find_elements(By.TAG_NAME, "img") == []


def test_page_and_its_data_need_no_login(emulator: Emulator, api: httpx.Client) -> None:
    """The page loads nothing from elsewhere, its data change number with every write, and it stays out of the log."""
    page = httpx.get(f"{emulator.url}/")
    before = httpx.get(f"{emulator.url}/_emulator/state").json()
    unchanged = httpx.get(f"{emulator.url}/_emulator/state?after={before['number']}")
    api.post("/api/pool", json={"name": "p", "servers": [{"ip": {"addr": "fd00::1", "type": "V6"}, "port": 80}]})
    after = httpx.get(f"{emulator.url}/_emulator/state?after={before['number']}").json()
    logged = httpx.get(f"{emulator.url}/_emulator/requests?after=1").json()["requests"]

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert (unchanged.status_code, after["pools"][0]["servers"][0]["address"]) == (204, "[fd00::1]:80")
    assert [(row["number"], row["path"]) for row in logged] == [(2, "/api/pool")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/_emulator", 404), ("GET", "/_emulator/x", 404), ("POST", "/", 405), ("PUT", "/_emulator/state", 405)],
)
def test_other_paths_are_refused(emulator: Emulator, method: str, path: str, status: int) -> None:
    """What the emulator does not have of its own is an error of its own."""
    assert httpx.request(method, f"{emulator.url}{path}").status_code == status


def test_ports_lead_to_the_pools_of_their_rule(api: httpx.Client, emulator: Emulator) -> None:
    """The first rule that matches port and protocol decides, then the group or pool of the VirtualService itself."""
    pools = {name: api.post("/api/pool", json={"name": name}).json()["uuid"] for name in ("a", "b", "c", "d")}

    def chosen(index: int, pool: str, **match: object) -> dict[str, object]:
        select = {"action_type": "L4_RULE_ACTION_SELECT_POOL", "pool_ref": f"/api/pool/{pools[pool]}"}
        return {"name": pool, "index": index, "match": match, "action": {"select_pool": select}}

    tcp = {"match_criteria": "IS_IN", "protocol": "PROTOCOL_TCP"}
    rules = [
        chosen(3, "c", protocol={"match_criteria": "IS_NOT_IN", "protocol": "PROTOCOL_TCP"}),
        chosen(1, "a", port={"match_criteria": "IS_IN", "ports": [80]}, protocol=tcp),
        chosen(2, "b", port={"match_criteria": "IS_IN", "port_ranges": [{"start": 80, "end": 90}]}, protocol=tcp),
    ]
    api.post("/api/l4policyset", json={"name": "set", "l4_connection_policy": {"rules": rules}}).raise_for_status()
    members = [{"pool_ref": f"/api/pool/{pools['d']}"}]
    api.post("/api/poolgroup", json={"name": "group", "members": members}).raise_for_status()
    udp = {"override_network_profile_ref": "/api/networkprofile?name=System-UDP-Fast-Path"}
    api.post("/api/vsvip", json={"name": "s"}).raise_for_status()
    body = {
        "name": "s",
        "vsvip_ref": "/api/vsvip?name=s",
        "application_profile_ref": "/api/applicationprofile?name=System-L4-Application",
        "services": [{"port": 80}, {"port": 85}, {"port": 53, **udp}, {"port": 8080, "port_range_end": 8090}],
        "l4_policies": [{"index": 1, "l4_policy_set_ref": "/api/l4policyset?name=set"}],
        "pool_group_ref": "/api/poolgroup?name=group",
    }
    api.post("/api/virtualservice", json=body).raise_for_status()

    ports = httpx.get(f"{emulator.url}/_emulator/state").json()["virtual_services"][0]["ports"]

    by_uuid = {uuid: name for name, uuid in pools.items()}
    assert [(port["first"], port["protocol"], [by_uuid[uuid] for uuid in port["pools"]]) for port in ports] == [
        (80, "TCP", ["a"]),
        (85, "TCP", ["b"]),
        (53, "UDP", ["c"]),
        (8080, "TCP", ["d"]),
    ]
