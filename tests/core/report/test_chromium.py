"""The report in a real browser."""

import io
from collections import Counter
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


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_a_picture_of_the_report_shows_what_it_should(
    chromium: Browser, reported_run: Path, width: int, dark: bool
) -> None:
    """Paper, cards, text, bars and badges in their colours, in the places where they belong; nothing runs off."""
    image = pytest.importorskip("PIL.Image")
    chromium.open(reported_run / "report.html", width, dark)
    shot = image.open(io.BytesIO(chromium.screenshot(height=2400))).convert("RGB")
    assert shot.size == (width, 2400)
    paper, card, after, before, good = map(
        rgb,
        ("#14171a", "#1c2024", "#6ba3f5", "#78828d", "#1c3526")
        if dark
        else ("#fbfbfa", "#ffffff", "#2866c8", "#8d97a3", "#dff2e5"),
    )
    seen = Counter({colour: count for count, colour in shot.getcolors(1 << 24)})
    assert seen[paper] > 0.2 * width * 2400 and seen[card] > 0.1 * width * 2400
    assert seen[after] > 1500 and seen[before] > 1000 and seen[good] > 300, "bars, and the badge of the live proof"
    edge = shot.crop((width - 10, 0, width, 2400))
    assert edge.getcolors() == [(24_000, paper)], "something runs into the edge"
    (left,) = chromium.evaluate("[document.querySelector('rect.after').getBoundingClientRect()].map(b => [b.x, b.y])")
    assert shot.getpixel((round(left[0]) + 3, round(left[1]) + 2)) == after
