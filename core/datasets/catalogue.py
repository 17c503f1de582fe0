"""Tools that the rows of a data set call but do not declare: described in a file of their own, or in no row alone."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from sftctl.core.datasets.files import read_rows
from sftctl.core.datasets.rows import Row
from sftctl.core.errors import DataError, did_you_mean
from sftctl.core.tools.toolspec import spec_of
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
        self._known: dict[object, Specs] = {}

    def complete(self, example: Example, formatter: Formatter, file: Path) -> Example:
        """The example with tools to choose from. Raises DataError for a call to a tool that is nowhere described.

        Raises CatalogueError where the descriptions cannot be read.
        """
        known = self._of(formatter, file)
        called = {call["function"]["name"] for m in example.messages for call in m.get("tool_calls") or ()}
        for name in sorted(called - known.keys()):
            hint = did_you_mean(name, known) if known else "Name the file that describes it: --tools FILE"
            raise DataError(f"'{name}' is called, and no tool of that name is described. {hint.rstrip('.')}")
        return replace(example, tools=tuple(_offered(called, known, example.to_json())))

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


def read_tools(path: Path) -> Iterator[dict[str, Json]]:
    """The tools that a file describes, a row each or in a list `tools`, in OpenAI's spelling.

    Raises CatalogueError with the place, for two tools of one name too.
    """
    places: dict[str, str] = {}
    for row in _rows(path):
        listed = row.value.get("tools")
        for tool in listed if isinstance(listed, list) else [row.value]:
            try:
                spec = spec_of(tool)
            except DataError as error:
                raise CatalogueError(f"{row.place}: {error}.") from None
            name = spec["function"]["name"]
            if name in places:
                raise CatalogueError(f"{row.place}: '{name}' is described already, at {places[name]}.")
            places[name] = row.place
            yield spec
    if not places:
        raise CatalogueError(f"{path} describes no tool.")


def _rows(path: Path) -> Iterator[Row]:
    try:
        yield from read_rows(path)
    except DataError as error:
        raise CatalogueError(str(error)) from None


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
