"""The page in a real browser: what it draws, what can be found in it, and that it works for everybody."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from sync.model.outcome import SetState
from sync.model.plan import Refusal
from sync.model.problem import Problem, Severity
from sync.model.run import Run
from sync.report.html import run_html, tree_html
from tests.report.browser import NARROW, WIDE, chromium, look, needs_chromium
from tests.report.scene import applied, crowd, files_after, files_before, planned

pytestmark = [pytest.mark.browser, needs_chromium]
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One for all tests of this module; each opens a page of its own."""
    with chromium(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


@pytest.fixture(scope="module")
def scene() -> Run:
    """A dry run with a bit of everything."""
    return planned(files_before(), files_after())


Open = Callable[..., None]


@pytest.fixture
def show(browser: webdriver.Chrome, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a run; in the end nothing may have gone wrong in it."""

    def show_page(text: str, fragment: str = "") -> None:
        file = tmp_path / "page.html"
        file.write_bytes(text.encode("utf-8", "backslashreplace"))
        browser.get(f"file://{file}{fragment}")

    look(browser)
    yield show_page
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]  # selenium's own gap


def texts(browser: webdriver.Chrome, selector: str) -> list[str]:
    """What stands in the elements that are there."""
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(one => one.innerText ?? one.textContent)", selector
    )
    return found


def wait_for(browser: webdriver.Chrome, selector: str) -> None:
    """Until there is such an element."""
    WebDriverWait(browser, PATIENCE_SECONDS).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, selector))


def nodes(browser: webdriver.Chrome) -> list[tuple[str, str, str]]:
    """Kind, title and sign of every box in the picture."""
    wait_for(browser, ".picture .node")
    script = """
        return [...document.querySelectorAll(".picture .node")]
            .map(({dataset}) => [dataset.kind, dataset.title, dataset.sign])
    """
    return [tuple(node) for node in browser.execute_script(script)]


def edges(browser: webdriver.Chrome) -> list[tuple[str, str, str]]:
    """The titles (or kinds) of both ends of every line in the picture, and its sign."""
    script = """
        const all = [...document.querySelectorAll(".picture .node")];
        const order = new Map(all.map((one, number) => [number, one.dataset.title || one.dataset.kind]));
        return [...document.querySelectorAll(".picture .edge")]
            .map(one => [order.get(+one.dataset.from), order.get(+one.dataset.to), one.dataset.sign])
    """
    return [tuple(edge) for edge in browser.execute_script(script)]


def press(browser: webdriver.Chrome, *keys: str) -> None:
    """Keys for whatever has the focus."""
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def focused(browser: webdriver.Chrome) -> str:
    """The id of the element that has the focus, or its tag."""
    return str(browser.execute_script("return document.activeElement.id || document.activeElement.tagName"))


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_the_picture_shows_the_way_of_a_connection_and_what_changes_on_it(
    browser: webdriver.Chrome, show: Open, scene: Run
) -> None:
    """A listener and its pool go, others come, a pool gets a server; what stays has no sign."""
    show(run_html(scene), "#Gateway/shop/checkout")

    name = "test--shop-checkout"
    pools = {port: f"{name}-svc-checkout-TCP-{port}" for port in (443, 8443, 9443)}
    assert nodes(browser) == [
        ("Gateway", "shop/checkout", ""),
        ("VirtualService", name, "~"),
        ("Listener", "TCP 443", ""),
        ("Listener", "TCP 8443", "-"),
        ("Listener", "TCP 9443", "+"),
        ("VsVip", name, ""),
        ("Pool", pools[443], "~"),
        ("Servers", "", ""),
        ("Pool", pools[8443], "-"),
        ("Servers", "", ""),
        ("Pool", pools[9443], "+"),
        ("Servers", "", ""),
    ]
    assert edges(browser) == [
        ("shop/checkout", name, ""),
        (name, "TCP 443", ""),
        ("TCP 443", pools[443], ""),
        (name, "TCP 8443", "-"),
        ("TCP 8443", pools[8443], "-"),
        (name, "TCP 9443", "+"),
        ("TCP 9443", pools[9443], "+"),
        (name, name, ""),  # VirtualService and VsVip have one name
        (pools[443], "Servers", ""),
        (pools[8443], "Servers", "-"),
        (pools[9443], "Servers", "+"),
    ]
    assert texts(browser, ".picture .node:nth-of-type(8) .cell") == [
        "·192.0.2.21:8443",
        "·192.0.2.22:8443",
        "+192.0.2.23:8443",
    ]


def test_the_address_that_goes_and_the_one_that_comes_are_both_in_the_picture(
    browser: webdriver.Chrome, show: Open, scene: Run
) -> None:
    """A replaced VIP; the outage is said before anything else."""
    show(run_html(scene), "#Gateway/shop/storefront")

    assert ("VsVip", "test--shop-storefront", "-/+") in nodes(browser)
    assert texts(browser, '.node[data-kind="VsVip"] .cell') == ["-10.10.10.50", "+10.10.10.60"]
    assert texts(browser, ".calls .call") == ["! the VIP is down between delete and create: connections break"]


def test_fields_stand_side_by_side(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """What is live on the left, what will be on the right, each with a sign beside its colour."""
    show(run_html(scene), "#Gateway/shop/checkout")

    row = ".change[data-key='VirtualService admin/test--shop-checkout'] tbody tr:first-child"
    signs = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(one => getComputedStyle(one, '::before').content)",
        f"{row} td",
    )
    assert texts(browser, ".change[data-key^='VirtualService'] thead th") == ["Field", "Live now", "After"]
    assert texts(browser, f"{row} > *") == ["services[1].port", "8443", "9443"]
    assert signs == ['"\N{MINUS SIGN} "', '"+ "']


def test_everything_that_changes_is_on_one_screen(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """Verdict, counts, and each owner with what happens to it, outages first."""
    show(run_html(scene), "#Gateway/shop/storefront")

    assert browser.title == "avi-sync: 4 owners would change, with an outage for 3; 1 owner is held"
    assert texts(browser, ".count") == [
        *("-/+\n2 replace\n1 owner", "-\n5 delete\n2 owners", "~\n3 update\n1 owner", "+\n5 create\n2 owners"),
        *("!\n1 held\nowner", "=\n12 unchanged\n1 owner"),
    ]
    assert [text.split("\n")[1] for text in texts(browser, ".row")] == [
        *("Gateway shop/storefront", "Gateway shop/checkout", "Gateway red/legacy"),
        *("Gateway blue/api", "Gateway green/search", "Service mail/relay"),
    ]
    assert browser.execute_script("return document.documentElement.scrollHeight <= innerHeight")


def test_a_held_owner_shows_its_problems_with_file_and_line(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """And what is live of it, which is not touched."""
    show(run_html(scene), "#Gateway/blue/api")

    held = nodes(browser)
    assert held[0] == ("Gateway", "blue/api", "!")
    assert {sign for _, _, sign in held[1:]} == {""}
    assert texts(browser, ".detail .problem .place") == ["errorteams/blue/api.yaml:17", "errorteams/blue/api.yaml:25"]
    assert "add ako.vmware.com/gateway-name: api" in texts(browser, ".detail .problem .fix")


def test_a_problem_leads_to_its_owner(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """From the list of all problems, whatever was searched for before."""
    show(run_html(scene))
    browser.find_element(By.ID, "search").send_keys("storefront")

    browser.find_element(By.ID, "tab-problems").click()
    browser.find_element(By.CSS_SELECTOR, "#problems .link").click()

    assert texts(browser, ".detail h2") == ["Gateway blue/api"]
    assert texts(browser, ".row[aria-selected=true] b") == ["api"]


def test_an_applied_run_says_what_became_of_each_owner(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """In the Controller's words, failures first, request by request; the counts are those of what was done."""
    states = {"storefront": (SetState.RESTORED, "No available free IPs"), "search": (SetState.NOT_TRIED, "stopped")}
    show(run_html(applied(scene, states)))

    browser.find_element(By.CSS_SELECTOR, ".writes summary").click()

    assert texts(browser, "#word, #headline") == [
        "Applied",
        "Of 4 owners 1 was restored, 1 was not tried; 1 owner is held",
    ]
    assert [row.split("\n")[1:] for row in texts(browser, ".row")[:2]] == [
        ["Gateway shop/storefront", "restored · No available free IPs"],
        ["Gateway green/search", "not tried · stopped"],
    ]
    assert texts(browser, '.count[data-filter="replace"]') == ["-/+\n0 replace\nof 2 planned"]
    first, *_ = texts(browser, ".writes li")
    assert first.split("\n") == ["DELETE", "VirtualService admin/test--shop-storefront", "applied"]


def test_what_a_guard_refused_stands_at_the_top(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """With what would let it through."""
    refusal = Refusal(message="2 of 5 live owners would go", fix="--allow-deletes 2")
    show(run_html(replace(scene, is_dry=False, refusals=(refusal,))))

    assert texts(browser, "#word, .notes li") == [
        "Not applied",
        "Refused: 2 of 5 live owners would go --allow-deletes 2",
    ]


def test_a_tree_without_a_controller_has_its_page_too(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """`validate` and `render` draw what the tree requests."""
    show(tree_html(scene.desired), "#Gateway/shop/storefront")

    assert ("VsVip", "test--shop-storefront", "") in nodes(browser)
    assert texts(browser, '.node[data-kind="VsVip"] .cell') == ["·10.10.10.60"]


def test_a_source_that_cannot_be_used_shows_its_problems(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """There is no owner to show."""
    nothing = replace(scene.desired, objects={}, held=())
    show(run_html(Run(desired=nothing)))

    assert texts(browser, "#headline") == ["The source cannot be used: nothing was changed"]
    assert len(texts(browser, "#problems .problem")) == 2
    assert browser.find_element(By.ID, "problems").is_displayed()


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("check", ["checkout"], id="part of a name"),
        pytest.param("SHOP/", ["storefront", "checkout"], id="a namespace"),
        pytest.param("192.0.2.23", ["checkout"], id="a server that comes"),
        pytest.param("10.10.10.50", ["storefront"], id="an address that goes"),
        pytest.param("mail 10.10.10.80", ["relay"], id="two words"),
        pytest.param("api.yaml", ["api"], id="a file"),
        pytest.param("udp", [], id="nothing"),
    ],
)
def test_a_search_finds_owners_by_anything_in_their_pictures(
    query: str, expected: list[str], browser: webdriver.Chrome, show: Open, scene: Run
) -> None:
    """Case does not matter, every word must be there, and the first that is found is shown."""
    show(run_html(scene))

    browser.find_element(By.ID, "search").send_keys(query)

    assert texts(browser, ".row b") == expected
    assert texts(browser, ".detail h2") == texts(browser, ".row:first-child .name")
    if not expected:
        assert texts(browser, ".detail") == ["Nothing here matches the search and the filters."]


def test_filters_show_owners_with_any_of_the_chosen_actions(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """A search narrows that further; pressing again takes a filter away."""
    show(run_html(scene))
    deleted, held = (browser.find_element(By.CSS_SELECTOR, f"[data-filter={name}]") for name in ("delete", "held"))

    deleted.click()
    one = texts(browser, ".row b")
    held.click()
    both = texts(browser, ".row b")
    browser.find_element(By.ID, "search").send_keys("blue")
    narrowed = texts(browser, ".row b")
    deleted.click()
    held.click()

    assert (one, both, narrowed) == (["checkout", "legacy"], ["checkout", "legacy", "api"], ["api"])
    assert [one.get_attribute("aria-pressed") for one in (deleted, held)] == ["false", "false"]


# --- for everybody ----------------------------------------------------------------------------------------------------


def test_the_keyboard_is_enough(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """`/` searches, arrows choose, Enter reads, Escape goes back; Tab visits everything in its order."""
    show(run_html(scene))

    press(browser, "/")
    searching = focused(browser)
    press(browser, "shop", Keys.ARROW_DOWN)
    chosen = texts(browser, ".detail h2")
    press(browser, Keys.ENTER)
    reading = focused(browser)
    press(browser, Keys.ESCAPE)
    back = focused(browser)
    press(browser, Keys.ARROW_UP)
    earlier = texts(browser, ".detail h2")
    press(browser, Keys.END)

    assert (searching, reading, back) == ("search", "detail", "list")
    assert (chosen, earlier) == (["Gateway shop/checkout"], ["Gateway shop/storefront"])
    assert texts(browser, ".detail h2") == ["Gateway shop/checkout"]
    selected = browser.find_element(By.CSS_SELECTOR, ".row[aria-selected=true]").get_attribute("id")
    assert browser.find_element(By.ID, "list").get_attribute("aria-activedescendant") == selected


def test_tab_visits_everything_in_its_order_and_what_has_the_focus_is_seen(
    browser: webdriver.Chrome, show: Open, scene: Run
) -> None:
    """From the link that skips to the details to the boxes of the picture, each with an outline."""
    show(run_html(scene))
    wait_for(browser, ".picture .node[tabindex]")
    outline = "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth"

    visited, seen = [], []
    for _ in range(12):
        press(browser, Keys.TAB)
        visited.append(focused(browser))
        seen.append(browser.execute_script(outline))

    assert visited == ["A", "theme", *["BUTTON"] * 6, "tab-owners", "search", "list", "g"]
    assert [name for name, style in zip(visited, seen, strict=True) if "none" in style and name != "g"] == []


def test_a_box_in_the_picture_leads_to_its_fields(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """With the keyboard as with the mouse; a created object opens."""
    show(run_html(scene), "#Gateway/green/search")
    wait_for(browser, ".picture .node[tabindex]")

    browser.execute_script("document.querySelector('.node[data-kind=Pool]').focus()")
    press(browser, Keys.ENTER)

    assert browser.execute_script("return document.activeElement.dataset.key") == (
        "Pool admin/test--green-search-svc-search-TCP-443"
    )
    assert browser.execute_script("return document.activeElement.querySelector('details').open")


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_is_in_the_way_of_anybody(
    size: tuple[int, int], is_dark: bool, browser: webdriver.Chrome, show: Open, scene: Run
) -> None:
    """Contrast, names and roles, as axe-core judges them."""
    look(browser, size, is_dark=is_dark)
    states = {"storefront": (SetState.RESTORED, "No available free IPs")}

    judged = []
    for fragment in ("#Gateway/shop/checkout", "#Gateway/blue/api"):
        show(run_html(applied(scene, states)), fragment)
        wait_for(browser, ".picture .node")
        judged.append(Axe().run(browser))

    assert all("color-contrast" in {one["id"] for one in found["passes"]} for found in judged)
    wrong = [one for found in judged for one in found["violations"]]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in wrong] == []


def test_colours_follow_the_system_until_somebody_chooses(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """Auto, light, dark, and auto again; the choice is remembered."""
    ground = "return getComputedStyle(document.body).backgroundColor"
    look(browser, is_dark=True)
    show(run_html(scene))
    button = browser.find_element(By.ID, "theme")

    seen = [browser.execute_script(ground)]
    for _ in range(3):
        button.click()
        seen.append(browser.execute_script(ground))
    button.click()
    browser.refresh()

    dark, light = seen[:2]
    assert light != dark
    assert seen == [dark, light, dark, dark]
    assert browser.find_element(By.ID, "theme").text == "Theme: light"
    assert browser.execute_script(ground) == light
    browser.execute_script("localStorage.clear()")


def test_a_narrow_window_shows_all_without_scrolling_sideways(
    browser: webdriver.Chrome, show: Open, scene: Run
) -> None:
    """The picture goes down instead of across."""
    look(browser, NARROW)
    show(run_html(scene), "#Gateway/shop/checkout")

    assert len(nodes(browser)) == 12
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('.node')]"
        ".map(one => one.getBoundingClientRect()).map(box => [box.left, box.right, box.top])"
    )
    assert all(0 <= left < right <= 420 for left, right, _ in boxes)
    assert len({top for _, _, top in boxes}) == 12
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 420


# --- safety -----------------------------------------------------------------------------------------------------------

EVIL = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def test_texts_of_others_are_texts(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """Markup in a message is read and not obeyed, and what cannot be seen is written out."""
    problem = Problem(severity=Severity.ERROR, message=f"{EVIL} 80\u202e08", fix=EVIL, resource="Gateway blue/api")
    evil = replace(scene, desired=replace(scene.desired, problems=(problem,)))

    show(run_html(evil), "#Gateway/blue/api")

    assert texts(browser, ".detail .problem .message") == [f"{EVIL} 80\\u{{202e}}08"]
    assert browser.title.startswith("avi-sync: ")
    assert browser.find_elements(By.TAG_NAME, "img") == []


def test_the_page_runs_no_script_but_its_own(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """Even if markup got in somehow, its policy would stop it."""
    show(run_html(scene))

    browser.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'document.title = 1'; document.body.append(script);"
        "document.body.insertAdjacentHTML('beforeend', '<p onclick=\"document.title = 1\" id=evil>x</p>');"
        "document.getElementById('evil').click()"
    )

    assert browser.title.startswith("avi-sync: ")
    refused = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert len(refused) == 2
    assert all("Content Security Policy" in entry["message"] for entry in refused)


def test_the_page_loads_nothing(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """One file: no request goes anywhere, whatever is opened in it."""
    browser.get_log("performance")  # type: ignore[no-untyped-call]
    show(run_html(scene))
    for name in ("tab-problems", "tab-owners", "theme", "theme", "theme"):
        browser.find_element(By.ID, name).click()

    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]  # type: ignore[no-untyped-call]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}

    assert {re.sub(r"^(file|data):.*", r"\1", url, flags=re.DOTALL) for url in asked} <= {"file", "data"}
    assert len([url for url in asked if url.startswith("file:")]) == 1


# --- many -------------------------------------------------------------------------------------------------------------


def test_five_thousand_owners_are_no_burden(browser: webdriver.Chrome, show: Open, scene: Run) -> None:
    """Only what is in sight is in the document; any of them is found, and shown at once."""
    large = crowd(scene, {"relay": 4_943, "storefront": 12, "checkout": 30, "search": 12, "legacy": 2})
    show(run_html(large))
    everything = browser.execute_script("return document.getElementsByTagName('*').length")
    painted = "return performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"

    browser.find_element(By.ID, "list").send_keys(Keys.END)
    last = browser.find_element(By.CSS_SELECTOR, ".row[aria-selected=true]").get_attribute("aria-posinset")
    browser.find_element(By.ID, "search").send_keys("relay-4711")

    assert texts(browser, "#tab-owners") == ["Owners 5,000"]
    assert last == "5000"
    assert texts(browser, ".row b") == ["relay-4711"]
    assert ("VirtualService", "test--search-relay-4711", "") in nodes(browser)
    assert everything < 1_000
    assert browser.find_element(By.ID, "map").is_displayed()
    assert browser.execute_script(painted) < PATIENCE_SECONDS
