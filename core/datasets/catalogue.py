"""Tools that the rows of a data set call but do not declare: described in a file of their own, or in no row alone."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

from sftctl.core.datasets.files import read_rows
from sftctl.core.errors import DataError, did_you_mean
from sftctl.core.tools.toolspec import CONVERSATIONS, spec_of, tools_in
from sftctl.core.types import Example, Formatter, Json

CATALOGUES = ("tools.jsonl", "tools.json", "tool.jsonl", "tool.json")
"""Names of a file that describes the tools which the rows of the files beside it only name."""
FEW = 8
"""A catalogue of so many tools is offered whole; of a larger one, the tools that are called and OTHERS more."""
OTHERS = 3

Specs = dict[str, dict[str, Json]]


def is_catalogue(file: Path, given: Path | str) -> bool:
    """Whether a file of the folder `given` describes the tools of the others."""
    return file.name in CATALOGUES and file != Path(given)


def catalogue_beside(file: Path) -> Path | None:
    return next((beside for name in CATALOGUES if (beside := file.parent / name).is_file()), None)


class CatalogueError(DataError):
    """The file that describes the tools is wrong, so that no row that calls one of them can be read."""


class Catalogues:
    """The tools of a data set: of a file that was named, of a file beside the data, or of all rows together.

    `rows_for` gives all rows that a formatter knows.
    """

    def __init__(self, rows_for: Callable[[Formatter], Iterator[Mapping[str, Json]]], tools: Path | str | None) -> None:
        self._rows_for = rows_for
        self._given = Path(tools) if tools else None
        if self._given and not self._given.exists():
            raise DataError(f"There is no file {tools}, which is to describe the tools.")
        self._known: dict[object, Specs] = {}

    def complete(self, example: Example, formatter: Formatter, file: Path, row: Mapping[str, Json]) -> Example:
        """The example of a row with tools to choose from, and without the nulls that Arrow filled into its calls.

        Raises DataError for a call to a tool that is nowhere described, CatalogueError where the descriptions cannot
        be read.
        """
        known = self._of(formatter, file)
        called = {call["function"]["name"] for m in example.messages for call in m.get("tool_calls") or ()}
        for name in sorted(called - known.keys()):
            hint = did_you_mean(name, known) if known else "Name the file that describes it: --tools FILE"
            raise DataError(f"'{name}' is called, and no tool of that name is described. {hint.rstrip('.')}")
        offered = tuple(_offered(called, known, example.to_json()))
        if "tools" in formatter.columns and _may_hold_nulls(example):  # the formatter drops what no schema allows
            example = formatter.to_example({**row, "tools": list(offered)})
        return replace(example, tools=offered)

    def _of(self, formatter: Formatter, file: Path) -> Specs:
        implied = formatter.tools_of if self._given is None else None
        beside = self._given or catalogue_beside(file)
        key = formatter.name if implied else beside
        if key not in self._known:
            specs: Iterable[dict[str, Json]] = ()
            if implied:
                specs = implied(self._rows_for(formatter))
            elif beside:
                specs = read_tools(beside)
            self._known[key] = {spec["function"]["name"]: spec for spec in specs}
        return self._known[key]


def _may_hold_nulls(example: Example) -> bool:
    calls = (call for message in example.messages for call in message.get("tool_calls") or ())
    return any("null" in call["function"]["arguments"] for call in calls)


def read_tools(path: Path) -> Iterator[dict[str, Json]]:
    """The tools that a file describes, a row each or in a list `tools`, in OpenAI's spelling.

    Raises CatalogueError with the place, for two tools of one name too.
    """
    places: dict[str, str] = {}
    try:
        for place, tool in listed_tools(path):
            try:
                spec = spec_of(tool)
            except DataError as error:
                raise DataError(f"{place}: {error}.") from None
            name = spec["function"]["name"]
            if name in places:
                raise DataError(f"{place}: '{name}' is described already, at {places[name]}.")
            places[name] = place
            yield spec
    except DataError as error:
        raise CatalogueError(str(error)) from None


def listed_tools(path: Path) -> Iterator[tuple[str, Json]]:
    """Place and tool, in any spelling, of each that a JSON or JSONL file lists. Raises DataError, for none too."""
    rows = iter(read_rows(path))
    head = list(islice(rows, 2))
    if not head:
        raise DataError(f"{path} describes no tool.", "It must hold one at least.")
    for row in chain(head, rows):
        is_row = len(head) > 1 and any(name in row.value for name in CONVERSATIONS)  # with the tools of its own
        yield from numbered([row.value] if is_row else row.value, row.place)


def numbered(value: Json, place: str) -> Iterator[tuple[str, Json]]:
    """Place and tool of each that a value lists, counted from 1 if they are several. Raises DataError."""
    try:
        tools = list(tools_in(value))
    except DataError as error:
        raise DataError(f"{place}: {error}.") from None
    for number, tool in enumerate(tools, 1):
        yield (f"{place}, tool {number}" if len(tools) > 1 else place), tool


def _offered(called: set[str], known: Specs, seed: str) -> Iterator[dict[str, Json]]:
    """The tools to choose from: all of few; of many those called among some others, the same for the same seed."""
    rng = random.Random(sha256(seed.encode()).digest())
    names = list(known)
    if len(names) > FEW:
        others = rng.sample(names, min(OTHERS + len(called), len(names)))
        names = [*called, *[name for name in others if name not in called][:OTHERS]]
        names.sort()
    rng.shuffle(names)
    return (known[name] for name in names)
