"""A scatter plot as SVG, written by hand: named points, a panel for each measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 380, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 36, 48
COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#b9770e", "#7d3c98", "#117a65", "#5d6d7e", "#a04000")


@dataclass(frozen=True)
class Point:
    """A named point with the 95 % interval of its x."""

    name: str
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Panel:
    """Points in one pair of axes."""

    title: str
    x_label: str
    y_label: str
    points: Sequence[Point]


def picture(panels: Sequence[Panel]) -> str:
    """The panels side by side, each name in one colour throughout."""
    names = list(dict.fromkeys(point.name for panel in panels for point in panel.points))
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
    width = WIDTH * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{HEIGHT}" fill="white"/>',
    ]
    for at, panel in enumerate(panels):
        parts += [f'<g transform="translate({at * WIDTH} 0)">', *_panel(panel, colours), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, colours: dict[str, str]) -> list[str]:
    xs = [edge for point in panel.points for edge in (point.low, point.high)]
    x_ticks, y_ticks = ticks(min(0, *xs), max(xs)), ticks(min(0, *(p.y for p in panel.points)), _top(panel.points))

    def x(value: float) -> float:
        share = (value - x_ticks[0]) / (x_ticks[-1] - x_ticks[0])
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        share = (value - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    floor, left = y(y_ticks[0]), x(x_ticks[0])
    lines = [_text(WIDTH / 2, 18, panel.title, "middle", ' font-weight="bold"')]
    for tick in x_ticks:
        lines += [_line(x(tick), TOP, x(tick), floor, "#eee"), _text(x(tick), floor + 14, f"{tick:g}", "middle")]
    for tick in y_ticks:
        lines += [
            _line(left, y(tick), WIDTH - RIGHT, y(tick), "#eee"),
            _text(left - 6, y(tick) + 4, f"{tick:g}", "end"),
        ]
    lines += [_line(left, y(0), WIDTH - RIGHT, y(0), "#888"), _text(WIDTH / 2, HEIGHT - 12, panel.x_label, "middle")]
    turn = f' transform="rotate(-90 14 {HEIGHT / 2:g})"'
    lines.append(_text(14, HEIGHT / 2, panel.y_label, "middle", turn))
    for point in panel.points:
        colour, at = colours[point.name], (x(point.x), y(point.y))
        side, gap = ("end", -7) if at[0] > WIDTH * 0.7 else ("start", 7)
        lines += [
            _line(x(point.low), at[1], x(point.high), at[1], colour),
            f'<circle cx="{at[0]}" cy="{at[1]}" r="4.5" fill="{colour}"/>',
            _text(at[0] + gap, at[1] - 6, point.name, side, f' fill="{colour}"'),
        ]
    return lines


def _top(points: Sequence[Point]) -> float:
    return max(1.0, *(point.y for point in points))


def ticks(low: float, high: float) -> list[float]:
    """Round numbers at equal distances, the first at or below `low` and the last at or above `high`."""
    span = max(high - low, 1e-9)
    size = 10.0 ** len(str(int(span / 4))) / 10 if span >= 4 else 1.0
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor * 5 >= span)
    first = int(low // step)
    last = -int(-high // step)
    return [step * number for number in range(first, max(last, first + 1) + 1)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{more}>{escape(text)}</text>'
