"""BFCL's items as queries, exactly as the official generator would send them to an OpenAI endpoint."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sftctl.core.stats import spread
from sftctl.core.types import Json, Query
from sftctl.plugins.bfcl.isolated import ask_official


@dataclass(frozen=True)
class Item:
    """One entry of BFCL: what is asked, and the answers that the official checker accepts (None: no call)."""

    id: str
    category: str
    query: Query
    truth: Json


def load_items(folder: Path, categories: Sequence[str], limit: int | None = None) -> list[Item]:
    """The items of the categories, at most `limit` of each, spread evenly: the same ones every time."""
    replies = ask_official(folder, ({"do": "load", "category": category} for category in categories))
    return [
        Item(row["id"], category, Query(tuple(row["messages"]), tuple(row["tools"])), row["truth"])
        for category, reply in zip(categories, replies, strict=True)
        for row in spread(reply["items"], limit)
    ]


def questions(folder: Path) -> Iterator[tuple[str, str]]:
    """Id and text of every user message in the whole benchmark, whatever its category."""
    for row in _rows(folder):
        turns = row.get("question") or []
        for message in (message for turn in turns for message in turn):
            if message["role"] == "user":
                yield row["id"], message["content"]


def function_names(folder: Path) -> set[str]:
    """The name of every function in the whole benchmark, its dots written as underscores."""
    data = folder / "bfcl_eval" / "data"
    names = {function["name"] for row in _rows(folder) for function in row.get("function") or []}
    for path in sorted((data / "multi_turn_func_doc").glob("*.json")):
        names |= {json.loads(line)["name"] for line in path.read_text(encoding="utf-8").splitlines() if line}
    return {name.replace(".", "_") for name in names}


def _rows(folder: Path) -> Iterator[dict[str, Json]]:
    for path in sorted((folder / "bfcl_eval" / "data").glob("BFCL_*.json")):
        if not path.stem.endswith("format_sensitivity"):  # ids of rows of the other files
            with path.open(encoding="utf-8") as lines:
                yield from (json.loads(line) for line in lines if line.strip())
