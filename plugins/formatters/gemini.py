"""`gemini`: the requests of Google's API and its tuning files: `contents` of parts, calls and results among them."""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json, kind
from sftctl.plugins.formatters.columns import found, items, tools
from sftctl.plugins.formatters.dialogue import Dialogue

ROLES = ("user", "model", "function", "tool")
INSTRUCTION = ("systemInstruction", "system_instruction")
CALL = ("functionCall", "function_call")
RESPONSE = ("functionResponse", "function_response")
_BESIDE = {"thought", "thoughtSignature", "thought_signature"}
"""What may stand in a part and is nothing that is said."""

Part = Mapping[str, Json]


def to_example(row: Mapping[str, Json]) -> Example:
    """A row with `contents`. Raises DataError saying which one is wrong, counted from 1."""
    if row.get("contents") is None:
        raise DataError("it has no 'contents'")
    dialogue = Dialogue(tools(row, "tools"))
    if name := found(row, INSTRUCTION):
        parts = _parts(row[name], f"'{name}'")
        if any("text" not in part for part in parts):
            raise DataError(f"'{name}' must hold text alone")
        dialogue.system(_said(parts))
    waiting: list[tuple[str, str]] = []
    for number, content in enumerate(items(row["contents"], "'contents'"), 1):
        role = content.get("role") or "user" if isinstance(content, Mapping) else None
        if role not in ROLES:
            raise DataError(f"entry {number} of 'contents' has no role of {', '.join(ROLES)}")
        try:
            parts = _parts(content, "it")
            waiting = _model(dialogue, parts) if role == "model" else _user(dialogue, parts, waiting)
        except DataError as error:
            raise DataError(f"entry {number} of 'contents': {error}") from None
    return dialogue.example()


def _parts(content: Json, what: str) -> list[Part]:
    """The parts of a content, of which one may stand alone, as text too; nulls are dropped. Raises DataError."""
    value = content.get("parts") if isinstance(content, Mapping) else content
    given = [value] if isinstance(value, Mapping | str) else value
    if not isinstance(given, list) or not given:
        raise DataError(f"{what} must have 'parts', a list of objects")
    made: list[Part] = []
    for number, part in enumerate(given, 1):
        if not isinstance(part, Mapping | str):
            raise DataError(f"part {number} must be an object, not {kind(part)}")
        part = {"text": part} if isinstance(part, str) else part
        made.append({key: value for key, value in part.items() if value is not None})
        _check_is_known(made[-1], number)
    return made


def _check_is_known(part: Part, number: int) -> None:
    strange = [key for key in part if key not in ("text", *CALL, *RESPONSE, *_BESIDE)]
    if strange:
        raise DataError(f"part {number} ({strange[0]}) cannot be shown to a text model")
    if not isinstance(part.get("text", ""), str):
        raise DataError(f"the text of part {number} must be text, not {kind(part['text'])}")


def _said(parts: list[Part], thought: bool = False) -> str:
    """What the parts say or, by `thought`, what was thought before."""
    return "".join(str(part["text"]) for part in parts if "text" in part and bool(part.get("thought")) == thought)


def _model(dialogue: Dialogue, parts: list[Part]) -> list[tuple[str, str]]:
    """The model's turn; id and name of each of its calls."""
    if any(found(part, RESPONSE) for part in parts):
        raise DataError("it is the model's and holds a functionResponse, which comes from the user")
    calls = [part[name] for part in parts if (name := found(part, CALL))]
    said, thought = _said(parts), _said(parts, thought=True)
    if not calls and not said:
        raise DataError("it has neither text nor a functionCall")
    dialogue.assistant(said or None, calls)
    if thought:
        dialogue.messages[-1]["reasoning_content"] = thought
    return [(call["id"], call["function"]["name"]) for call in dialogue.messages[-1].get("tool_calls", ())]


def _user(dialogue: Dialogue, parts: list[Part], waiting: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The user's turn: results first, each for the call of its id or name. The calls that still wait."""
    if any(found(part, CALL) for part in parts):
        raise DataError("it is the user's and holds a functionCall, which only the model makes")
    for part in parts:
        if name := found(part, RESPONSE):
            given = part[name]
            if not isinstance(given, Mapping) or not isinstance(given.get("name", ""), str):
                raise DataError(f"its {name} must be an object with a 'name' and a 'response'")
            told = given.get("id"), given.get("name")
            ids = [id for id, _ in waiting if id == told[0]] or [id for id, name in waiting if name == told[1]]
            id = str(ids[0] if ids else told[0] or told[1] or "")  # of no call that waits: lint says so
            waiting = [call for call in waiting if call[0] != id]
            dialogue.result(_result(given.get("response")), id)
    if said := _said(parts):
        dialogue.user(said)
    return waiting


def _result(response: Json) -> Json:
    """What a function gave: Google's libraries wrap what is no object into `result` or `output`."""
    if isinstance(response, Mapping) and len(response) == 1:
        return response.get("result", response.get("output", response))
    return {} if response is None else response


FORMATTER = Formatter(
    "gemini",
    "Google's contents of parts, calls and results among them (Gemini, Vertex AI)",
    lambda row: isinstance(row.get("contents"), list | str),
    to_example,
    ("contents", "tools", INSTRUCTION),
)
