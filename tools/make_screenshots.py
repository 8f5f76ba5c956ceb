"""Make the pictures of the page in docs/images/ with Debian's chromium.

usage: python -m tools.make_screenshots [FOLDER]

Look at them before you commit them: nothing else can tell whether they are good to look at.
"""

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from sync.model.run import Run
from sync.report.html import run_html
from tests.report.browser import chromium, look
from tests.report.scene import crowd, files_after, files_before, planned

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SIZES: Mapping[str, tuple[int, int]] = {"wide": (1440, 900), "narrow": (420, 1500)}
MAX_BYTES = 300_000


def scenes() -> Mapping[str, tuple[Run, str]]:
    """Runs by name, with the owner to show."""
    changed = planned(files_before(), files_after())
    copies = {"relay": 4_943, "storefront": 12, "checkout": 30, "search": 12, "legacy": 2}
    return {
        "changed": (changed, "#Gateway/shop/checkout"),
        "unchanged": (planned(files_before(), files_before()), "#Gateway/blue/api"),
        "many": (crowd(changed, copies), "#Gateway/shop/storefront"),
    }


def shoot(driver: Chrome, page: Path, fragment: str, target: Path) -> None:
    """One picture, once the page is drawn."""
    driver.get("about:blank")
    driver.get(f"file://{page}{fragment}")
    WebDriverWait(driver, 60).until(lambda one: one.find_elements(By.CSS_SELECTOR, ".picture .node"))
    time.sleep(0.3)  # for the last frame
    target.write_bytes(driver.get_screenshot_as_png())
    print(f"{target.name}: {target.stat().st_size // 1000} kB")
    if target.stat().st_size > MAX_BYTES:
        sys.exit(f"{target.name} has more than {MAX_BYTES:,} bytes\n  fix: make the window smaller, or show less")


def main() -> None:
    """All scenes in all sizes and colours."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium(Path(scratch)) as driver:
        for name, (run, fragment) in scenes().items():
            page = Path(scratch, f"{name}.html")
            page.write_text(run_html(run), "utf-8")
            for size, pixels in SIZES.items():
                for colours in ("light", "dark"):
                    look(driver, pixels, is_dark=colours == "dark")
                    shoot(driver, page, fragment, folder / f"report-{name}-{size}-{colours}.png")


if __name__ == "__main__":
    main()
