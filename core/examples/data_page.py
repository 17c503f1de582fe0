"""`data/report.md`: the proof of cleanliness as tables to read. `data/report.json` has all of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from sftctl.core.text import counted, listed
from sftctl.core.types import Json

FEW = 10
"""Rows of a table that would grow with the data; the JSON has the others."""
LONG = 100
"""Characters of a text in a table."""


def data_page(report: Json) -> str:
    """The report on a run's data as Markdown."""
    train, evaluation = report["train"], report["eval"]
    both = {"training": train, "evaluation": evaluation}
    lines = [
        "# Data",
        "",
        f"{counted(train['examples'], 'example')} to train on (sha256 `{train['sha256']}`), "
        f"{evaluation['examples']} to evaluate (`{evaluation['sha256']}`). "
        f"Bad rows of data sets that were left out: {report['rejected']['rows']}.",
        *_section("Categories", _counts("category", {name: part["by_category"] for name, part in both.items()})),
        *_section("Tools called in training", _tools(train)),
        *_section("Words of a request", histogram("words", {n: part["words_per_request"] for n, part in both.items()})),
        *_section("Found by lint", _lint(both)),
        *_section("Split by tool", _split(report["split"])),
        *_section("Training data that is elsewhere", overlap_lines(report["overlap"])),
    ]
    return "\n".join(lines) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], text_columns: int = 1) -> list[str]:
    """A Markdown table; all but the first `text_columns` are numbers."""
    rule = ["---"] * text_columns + ["--:"] * (len(head) - text_columns)
    return [_row(head), f"|{'|'.join(rule)}|", *map(_row, rows)]


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(_cell(str(cell)) for cell in cells)} |"


def _cell(text: str) -> str:
    """A text that cannot break out of its cell."""
    text = " ".join(text.split())
    text = text if len(text) <= LONG else f"{text[:LONG]}…"
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _counts(what: str, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Several columns of counts by name."""
    names = dict.fromkeys(name for column in counts.values() for name in column)
    return table([what, *counts], ([name, *(column.get(name, 0) for column in counts.values())] for name in names))


def histogram(what: str, lengths: Mapping[str, Json]) -> list[str]:
    """Several histograms side by side, and what is in the middle of each."""
    counts = {name: each["histogram"] for name, each in lengths.items()}
    starts = sorted({int(span.split("-")[0]) for column in counts.values() for span in column})
    spans = {int(span.split("-")[0]): span for column in counts.values() for span in column}
    rows = ([spans[start], *(column.get(spans[start], 0) for column in counts.values())] for start in starts)
    known = [(name, each) for name, each in lengths.items() if each["histogram"]]
    middles = [f"{name}: {each['shortest']} to {each['longest']}, median {each['median']}." for name, each in known]
    return [*table([what, *counts], rows), "", " ".join(middles)]


def _tools(train: Json) -> Iterator[str]:
    yield from table(["tool", "calls"], islice(train["calls_by_tool"].items(), FEW))
    yield ""
    yield (
        f"{train['tools_called']} names are called, {train['tools_shown']} are shown; "
        "one tool may have several, in disguise."
    )


def _lint(both: Mapping[str, Json]) -> Iterator[str]:
    found = {rule for part in both.values() for rule, marked in part["lint"].items() if marked["rows"]}
    rules = dict.fromkeys(rule for part in both.values() for rule in part["lint"])
    if found:
        head = ["rule", *(f"rows in {name}" for name in both)]
        rows = ([f"`{rule}`", *(_marked(p["lint"][rule]) for p in both.values())] for rule in rules if rule in found)
        yield from table(head, rows)
        yield ""
    if clean := [rule for rule in rules if rule not in found]:
        yield f"Looked for and not found: {', '.join(clean)}."


def _marked(marked: Json) -> str:
    return f"{marked['rows']} ({marked['share']:.2%})"


def _split(split: Json) -> Iterator[str]:
    held_out = split["held_out_tools"]
    trained = counted(split["tools_in_training"], "tool")
    yield f"{trained} to train on, {len(held_out)} held out. Of these, training data"
    yield ""
    for what in ("called", "shown", "described"):
        names = split[f"held_out_{what}"]
        yield f"- {_DEEDS[what]}: {_few(names)}"
    yield ""
    yield f"Compared: {split['compared']}."


_DEEDS = {"called": "calls", "shown": "shows", "described": "shows under another name or the same, by its description"}


def overlap_lines(overlaps: Sequence[Json]) -> Iterator[str]:
    """What training data shares with each set that it was compared with."""
    known = [overlap for overlap in overlaps if "unknown" not in overlap]
    if known:
        head = ["set", "its texts", "our requests", f"sharing {known[0]['n']} words in a row", "functions alike"]
        yield from table(head, map(_shared, known))
    for overlap in overlaps:
        if "unknown" in overlap:
            yield from ("", f"Not compared with {overlap['reference']}: {overlap['unknown']}")
        elif overlap["unreadable_rows"]:
            yield from ("", f"{counted(overlap['unreadable_rows'], 'row')} of {overlap['reference']} cannot be read.")
    quoted = [(overlap["reference"], shared) for overlap in known for shared in overlap["worst"][: FEW // 2]]
    if quoted:
        yield ""
        rows = ([name, shared["place"], shared["request"], shared["grams"]] for name, shared in quoted)
        yield from table(["set", "where", "request", "runs shared"], rows, text_columns=3)


def _shared(overlap: Json) -> list[object]:
    alike = f"{overlap['overlapping']} ({overlap['overlapping_share']:.2%})"
    functions = f"{len(overlap['shared_functions'])} of {overlap['functions']}"
    return [overlap["reference"], overlap["texts"], overlap["requests"], alike, functions]


def _few(names: Sequence[str]) -> str:
    return listed([f"`{name}`" for name in names], FEW) or "none"
