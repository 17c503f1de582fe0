"""Pictures as inline SVG: no script, no file beside the page, colours by the page's style sheet.

Every picture is drawn 360 units wide, so that its text can be read on a phone, and says what it shows in words too.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from markupsafe import Markup

from sftctl.core.report.facts import readable
from sftctl.core.report.numbers import plain
from sftctl.core.scores.change import Change
from sftctl.core.types import Score

WIDTH = 360
Point = tuple[float, float]


def picture(height: float, says: str, parts: Iterable[Markup]) -> Markup:
    """An SVG element with a text alternative."""
    head = Markup('<svg role="img" aria-label="{}" viewBox="0 0 {} {:.0f}">').format(says, WIDTH, height)
    return head + Markup("").join(parts) + Markup("</svg>")


def _text(x: float, y: float, text: str, kind: str = "") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(x, y, kind, text)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    ends = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"').format(x1, y1, x2, y2)
    return ends + Markup(' class="{}"/>').format(kind)


def _box(x: float, y: float, width: float, height: float, kind: str, says: str = "") -> Markup:
    place = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"').format(x, y, max(width, 0.8), height)
    return place + Markup(' rx="1.5" class="{}"><title>{}</title></rect>').format(kind, says)


# ---------------------------------------------------------------- before and after

HEAD, BAR, STEP, BARS = 19, 11, 15, 306
"""Height of what stands over the bars of a score, of a bar, of a bar with what is below it; and the longest bar."""
AXIS = 18


def bars(changes: Sequence[Change]) -> Markup:
    """Two bars for every score, before and after, each with its interval, `overall` first. Shares reach to 100 %."""
    ordered = sorted(changes, key=lambda change: change.score != "overall")
    says = "; ".join(f"{c.score}: {_value(c.before)} before, {_value(c.after)} after" for c in ordered)
    tops = [0.0]
    for change in ordered:
        tops.append(tops[-1] + HEAD + STEP * len(_known(change)) + 6)
    shares = not any(score.loss for change in changes for score in _known(change))
    parts = [part for top, change in zip(tops, ordered, strict=False) for part in _rows(top, change)]
    return picture(tops[-1] + (AXIS if shares else 0), says, [*parts, *(_scale(tops[-1]) if shares else ())])


def _known(change: Change) -> list[Score]:
    return [score for score in (change.before, change.after) if score]


def _rows(top: float, change: Change) -> Iterator[Markup]:
    known = _known(change)
    full = 1.0 if not any(score.loss for score in known) else max(score.high for score in known) or 1.0
    yield _text(0, top + 13, readable(change.score), "label strong" if change.score == "overall" else "label")
    yield _text(WIDTH, top + 13, f"n = {known[0].n}", "end soft")
    y = top + HEAD
    for score, kind in ((change.before, "before"), (change.after, "after")):
        if score is None:
            continue
        low, value, high = (BARS * each / full for each in (score.low, score.value, score.high))
        yield _box(0, y, BARS, BAR, "track")
        yield _box(0, y, value, BAR, kind, f"{change.score}, {kind}: {_value(score)}")
        yield _line(low, y + BAR / 2, high, y + BAR / 2, "whisker")
        yield from (_line(x, y + 2.5, x, y + BAR - 2.5, "whisker") for x in (low, high))
        yield _text(WIDTH, y + BAR - 1.5, _value(score), "end")
        y += STEP


def _scale(top: float) -> Iterator[Markup]:
    """What the length of a bar means, below the last one."""
    for share, kind in ((0.0, "soft"), (0.5, "soft middle"), (1.0, "soft end")):
        yield _line(BARS * share, top, BARS * share, top + 4, "axis")
        yield _text(BARS * share, top + 15, f"{100 * share:.0f} %", kind)


def _value(score: Score | None) -> str:
    return plain(score) if score else "nothing"


# ---------------------------------------------------------------- curves

HEIGHT, LEFT, BOTTOM = 210, 34, 24
MOST = 180
"""Points of a curve; more are averaged."""


def curves(lines: Mapping[str, Sequence[Point]], across: str) -> Markup:
    """Some curves over the same axes, each as a list of (x, y) with x ascending; the first is drawn as `after`."""
    drawn = {name: _thinned(points) for name, points in lines.items() if points}
    every = [point for points in drawn.values() for point in points]
    low, high = _rounded(min(y for _, y in every), max(y for _, y in every))
    first, last = (end(x for points in lines.values() for x, _ in points) for end in (min, max))
    says = "; ".join(f"{name}: from {p[0][1]:.3g} to {p[-1][1]:.3g}" for name, p in lines.items() if p)

    def place(point: Point) -> Point:
        x = LEFT + (WIDTH - LEFT - 8) * (point[0] - first) / ((last - first) or 1)
        return x, 8 + (HEIGHT - 8 - BOTTOM) * (high - point[1]) / (high - low)

    def parts() -> Iterator[Markup]:
        for at in range(5):
            value = low + (high - low) * at / 4
            y = place((first, value))[1]
            yield _line(LEFT, y, WIDTH - 8, y, "grid")
            yield _text(LEFT - 5, y + 3.5, f"{value:.3g}", "end soft")
        yield _text(LEFT, HEIGHT - 6, f"{first:g}", "soft")
        yield _text(WIDTH - 8, HEIGHT - 6, f"{last:g} {across}", "end soft")
        for points, kind in zip(drawn.values(), ("after", "before"), strict=False):
            path = " ".join("{:.1f},{:.1f}".format(*place(point)) for point in points)
            yield Markup('<polyline points="{}" class="curve {}"/>').format(path, kind)

    return picture(HEIGHT, says, parts())


def _thinned(points: Sequence[Point]) -> list[Point]:
    size = math.ceil(len(points) / MOST)
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    return [(sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups]


def _rounded(low: float, high: float) -> Point:
    """Ends of an axis that four steps of a round size divide."""
    span = (high - low) or abs(high) or 1.0
    unit = 10.0 ** math.floor(math.log10(span / 4))
    step = next(unit * size for size in (1, 2, 2.5, 5, 10, 20) if _fits(low, high, unit * size))
    start = math.floor(low / step) * step
    return start, start + 4 * step


def _fits(low: float, high: float, step: float) -> bool:
    return math.floor(low / step) * step + 4 * step >= high


# ---------------------------------------------------------------- histogram


def columns(counts: Mapping[str, int], what: str) -> Markup:
    """A histogram: a column for every bin, e.g. `100-149`, with where the bin begins below it."""
    height, most = 150, max(counts.values(), default=0) or 1
    step = WIDTH / max(len(counts), 1)
    every = math.ceil(30 / step)
    says = f"{what}: " + ", ".join(f"{name}: {count}" for name, count in counts.items())

    def parts() -> Iterator[Markup]:
        for at, (name, count) in enumerate(counts.items()):
            tall = 108 * count / most
            yield _box(at * step + 1, 126 - tall, step - 2, tall, "after", f"{name} {what}: {count}")
            if at % every == 0:
                yield _text(at * step + 1, 142, name.split("-")[0], "soft")
            if count == most:
                yield _text(at * step + step / 2, 121 - tall, str(count), "middle")
        yield _line(0, 126.5, WIDTH, 126.5, "axis")

    return picture(height, says, parts())


def swatch(kind: str, text: str) -> Markup:
    """An entry of a legend."""
    return Markup('<span class="swatch {}" aria-hidden="true"></span>{}').format(kind, text)
