"""BFCL's items as queries, exactly as the official generator would send them to an OpenAI endpoint."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sftctl.core.scores.stats import spread
from sftctl.core.types import Json, Query, ReferenceItem
from sftctl.plugins.bfcl.isolated import ask_official


@dataclass(frozen=True)
class Item:
    """One entry of BFCL: what is asked, and the answers that the official checker accepts (None: no call)."""

    id: str
    category: str
    query: Query
    truth: Json


def load_items(
    folder: Path, categories: Sequence[str], limit: int | None = None, python: Path | None = None
) -> list[Item]:
    """The items of the categories, at most `limit` of each, spread evenly: the same ones every time."""
    replies = ask_official(folder, ({"do": "load", "category": category} for category in categories), python)
    return [
        Item(row["id"], category, Query(tuple(row["messages"]), tuple(row["tools"])), row["truth"])
        for category, reply in zip(categories, replies, strict=True)
        for row in spread(reply["items"], limit)
    ]


def reference_items(folder: Path) -> Iterator[ReferenceItem]:
    """What users ask in the whole benchmark, whatever its category, and the functions that it has."""
    for row in _rows(folder):
        messages = (message for turn in row.get("question") or [] for message in turn)
        texts = tuple(message["content"] for message in messages if message["role"] == "user")
        yield ReferenceItem(row["id"], texts, tuple(function["name"] for function in row.get("function") or []))
    for path in sorted((folder / "bfcl_eval" / "data" / "multi_turn_func_doc").glob("*.json")):
        lines = path.read_text(encoding="utf-8").splitlines()
        yield ReferenceItem(path.stem, (), tuple(json.loads(line)["name"] for line in lines if line))


def _rows(folder: Path) -> Iterator[dict[str, Json]]:
    for path in sorted((folder / "bfcl_eval" / "data").glob("BFCL_*.json")):
        if not path.stem.endswith("format_sensitivity"):  # ids of rows of the other files
            with path.open(encoding="utf-8") as lines:
                yield from (json.loads(line) for line in lines if line.strip())
