"""`slots`: an utterance in pieces, some of them marked as a slot of the intent it belongs to (Snips NLU).

An intent is a tool, its slots are the tool's parameters: all are texts, none is required, and there are as many as
the whole data set shows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json, kind
from sftctl.plugins.formatters.columns import items, text
from sftctl.plugins.formatters.dialogue import Dialogue

INTENT = ("intent", "group")


def to_example(row: Mapping[str, Json]) -> Example:
    """The text of all pieces asks; the intent is called with what its slots say. Raises DataError."""
    dialogue = Dialogue()
    pieces = _pieces(row)
    dialogue.user("".join(str(piece["text"]) for piece in pieces).strip())
    dialogue.assistant(None, [{"name": text(row, *INTENT), "arguments": _arguments(pieces)}])
    return dialogue.example()


def _pieces(row: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    pieces = items(row.get("data"), "'data'")
    for number, piece in enumerate(pieces, 1):
        if not isinstance(piece, Mapping) or not isinstance(piece.get("text"), str):
            raise DataError(f"entry {number} of 'data' must be an object with text in 'text'")
        if not isinstance(slot := _slot(piece), str | None):
            raise DataError(f"entry {number} of 'data': the name of its slot must be text, not {kind(slot)}")
    if not pieces:
        raise DataError("'data' is empty")
    return pieces


def _slot(piece: Mapping[str, Json]) -> Json:
    return piece.get("entity") or piece.get("slot_name")


def _arguments(pieces: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Each slot's text; one that stands twice is a list, as the request means both."""
    found: dict[str, list[str]] = {}
    for piece in pieces:
        if slot := _slot(piece):
            found.setdefault(slot, []).append(piece["text"].strip())
    return {slot: texts[0] if len(texts) == 1 else texts for slot, texts in found.items()}


def tools_of(rows: Iterable[Mapping[str, Json]]) -> Sequence[dict[str, Json]]:
    """One tool for each intent of the rows."""
    slots: dict[str, dict[str, bool]] = {}
    for row in rows:
        try:
            intent, arguments = text(row, *INTENT), _arguments(_pieces(row))
        except DataError:
            continue  # it is reported, with its place, when its turn comes
        known = slots.setdefault(intent, {})
        for slot, value in arguments.items():
            known[slot] = known.get(slot, False) or isinstance(value, list)
    return [_tool(intent, known) for intent, known in slots.items()]


def _tool(intent: str, slots: Mapping[str, bool]) -> dict[str, Json]:
    one: dict[str, Json] = {"type": "string"}
    several = {"anyOf": [one, {"type": "array", "items": one}]}
    properties = {slot: several if repeated else one for slot, repeated in sorted(slots.items())}
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", intent).lower()
    parameters = {"type": "object", "properties": properties}
    function = {"name": intent, "description": f"{words[:1].upper()}{words[1:]}.", "parameters": parameters}
    return {"type": "function", "function": function}


FORMATTER = Formatter(
    "slots",
    "an utterance in pieces, some marked as slots of an intent (Snips): the intent is called",
    lambda row: isinstance(row.get("data"), list) and any(isinstance(row.get(name), str) for name in INTENT),
    to_example,
    ("data", INTENT),
    tools_of,
)
