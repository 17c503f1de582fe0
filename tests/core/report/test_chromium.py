"""The report in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM, Browser, browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium") / "profile") as opened:
        yield opened


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_report_opens_clean_and_fits(chromium: Browser, reported_run: Path, width: int, dark: bool) -> None:
    chromium.open(reported_run / "report.html", width, dark)
    chromium.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert chromium.evaluate("document.documentElement.scrollWidth") == width, "it scrolls sideways"
    paper = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(20, 23, 26)" if dark else "rgb(251, 251, 250)")
    assert chromium.evaluate(
        "[...document.querySelectorAll('svg')].every(each => each.ariaLabel && each.clientWidth > 250)"
    )
    smallest = (
        "Math.min(...[...document.querySelectorAll('svg text')].map(each => each.getBoundingClientRect().height))"
    )
    assert chromium.evaluate(smallest) >= 9, "too small to read"
    asked = [event["params"]["request"]["url"] for event in chromium.seen("Network.requestWillBeSent")]
    assert asked == [(reported_run / "report.html").as_uri()]
    assert chromium.seen("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded") == []
