"""Schemas out of type hints, and arguments that become what the hints ask for."""

import enum
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, NotRequired
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from pydantic import AnyUrl, BaseModel, Field
from typing_extensions import TypedDict

from sftctl.core.errors import ToolsetError
from sftctl.core.tools import Between, tool_from_function
from sftctl.core.tools.calls import run_tool
from sftctl.core.tools.schema import HintReader


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Place(TypedDict):
    city: str
    zip: NotRequired[Annotated[str, Field(pattern=r"^\d+$")]]


class Trip(TypedDict):
    start: Place
    stops: list[Place]


@dataclass
class Lamp:
    room: str
    colour: Colour = Colour.RED
    tags: list[str] = field(default_factory=list)
    serial: int = field(default=0, init=False)


class Order(BaseModel):
    lamp: Lamp
    count: int = Field(1, ge=1, le=9, description="How many.")
    due: date | None = None
    note: str = Field("", alias="remark")


class Node(BaseModel):
    name: str
    children: list["Node"] = []


class Unknown:
    pass


Metres = NewType("Metres", float)
STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def schema_of(hint: Any) -> dict[str, Any]:
    schema = HintReader("f", lambda path, schema, note: None).schema(hint, "x")
    Draft202012Validator.check_schema(schema)
    return schema


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (Any, {}),
        (typing.List, {"type": "array"}),  # noqa: UP006
        (list, {"type": "array"}),
        (Sequence[int], {"type": "array", "items": INTEGER}),
        (Mapping[str, int], {"type": "object", "additionalProperties": INTEGER}),
        (set[str], {"type": "array", "items": STRING, "uniqueItems": True}),
        (tuple[int, ...], {"type": "array", "items": INTEGER}),
        (tuple[int, str], {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2}),
        (int | None, INTEGER),
        (int | str, {"anyOf": [INTEGER, STRING]}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", 1], {"enum": ["a", 1]}),
        (Literal[1, 2, None], {"type": "integer", "enum": [1, 2]}),
        (Colour, {"type": "string", "enum": ["red", "blue"]}),
        (Level, {"type": "integer", "enum": [1, 2]}),
        (date, {"type": "string", "format": "date"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (time, {"type": "string", "format": "time"}),
        (UUID, {"type": "string", "format": "uuid"}),
        (Decimal, {"type": "number"}),
        (AnyUrl, {"type": "string", "format": "uri", "minLength": 1}),
        (Metres, {"type": "number"}),
        (Annotated[int, "How many."], {"type": "integer", "description": "How many."}),
        (Annotated[float, Field(gt=0, multiple_of=0.5)], {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}),
        (Annotated[str, Field(max_length=3, examples=["a"])], {"type": "string", "maxLength": 3, "examples": ["a"]}),
        (Annotated[list[int], Field(min_length=1)], {"type": "array", "items": INTEGER, "minItems": 1}),
    ],
    ids=str,
)
def test_hints(hint: Any, schema: dict[str, Any]) -> None:
    assert schema_of(hint) == schema


PLACE = {
    "type": "object",
    "properties": {"city": STRING, "zip": {"type": "string", "pattern": r"^\d+$"}},
    "required": ["city"],
}
LAMP = {
    "type": "object",
    "properties": {
        "room": STRING,
        "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "tags": {"type": "array", "items": STRING},
    },
    "required": ["room"],
}


def test_classes_within_classes() -> None:
    trip = {
        "type": "object",
        "properties": {"start": PLACE, "stops": {"type": "array", "items": PLACE}},
        "required": ["start", "stops"],
    }
    assert schema_of(Trip) == trip
    assert schema_of(Order) == {
        "type": "object",
        "properties": {
            "lamp": LAMP,
            "count": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many.", "default": 1},
            "due": {"type": "string", "format": "date"},
            "remark": {"type": "string", "default": ""},
        },
        "required": ["lamp"],
    }


def test_a_class_that_holds_itself_is_cut() -> None:
    assert schema_of(Node)["properties"]["children"] == {"type": "array", "items": {"type": "object"}}


def test_a_type_without_a_schema_is_refused_by_name() -> None:
    with pytest.raises(ToolsetError, match=r"f\(x\): type <class '.*Unknown'> has no JSON Schema"):
        schema_of(Unknown)


# ---------------------------------------------------------------- what the function gets


def inspect(
    order: Order,
    colour: Colour,
    on: date,
    sizes: set[int],
    pair: tuple[int, str],
    plain: Annotated[float, Between(0, 1)],
    factor: int = Field(3, description="Times."),
) -> list[Any]:
    """Look at what comes in."""
    lamp = order.lamp
    return [lamp.room, lamp.colour is Colour.BLUE, colour, on.year, sorted(sizes), pair, plain, factor, order]


def test_a_function_gets_what_its_hints_say_and_may_return_it() -> None:
    made = tool_from_function(inspect)
    assert made.required == ("order", "colour", "on", "sizes", "pair", "plain")
    assert made.properties["factor"] == {"type": "integer", "description": "Times.", "default": 3}
    assert set(made.values) == {"plain"}
    arguments = {
        "order": {"lamp": {"room": "hall", "colour": "blue"}, "remark": "soon"},
        "colour": "red",
        "on": "2026-03-14",
        "sizes": [2, 1],
        "pair": [1, "a"],
        "plain": 0.5,
    }
    assert Draft202012Validator(made.parameters).is_valid(arguments)
    result, failure = run_tool(made, arguments)
    assert failure == ""
    assert result[:8] == ["hall", True, "red", 2026, [1, 2], [1, "a"], 0.5, 3]
    assert result[8]["count"] == 1


def test_what_cannot_become_an_argument_is_a_failed_call() -> None:
    def on(day: date) -> int:
        """Say the day."""
        return day.day

    assert run_tool(tool_from_function(on), {"day": "2026-02-30"})[1].startswith("ValidationError")


def test_async_functions_are_waited_for() -> None:
    async def later(day: date = date(2026, 1, 2)) -> int:
        """Say the day."""
        return day.day

    made = tool_from_function(later)
    assert made.properties["day"]["default"] == "2026-01-02"
    assert run_tool(made, {}) == (2, "")
    assert run_tool(made, {"day": "2026-01-05"}) == (5, "")


def test_a_default_without_a_json_form_is_left_out() -> None:
    def find(limit: float = float("inf"), missing: Any = object(), weights: dict[date, int] | None = None) -> Any:  # noqa: B008
        """Find something."""
        return [limit > 1, type(missing).__name__, [type(key).__name__ for key in weights or ()]]

    made = tool_from_function(find)
    assert not any("default" in schema for schema in made.properties.values())
    assert run_tool(made, {}) == ([True, "object", []], "")
    assert run_tool(made, {"weights": {"2026-01-01": 1}})[0][2] == ["date"]


def _nan() -> float:
    """Not a number."""
    return float("nan")


def _thing() -> object:
    """A thing."""
    return object()


@pytest.mark.parametrize("function", [_nan, _thing])
def test_a_result_that_is_no_json_is_a_failed_call(function: Any) -> None:
    result, failure = run_tool(tool_from_function(function), {})
    assert result is None
    assert failure.startswith("ValueError")
    assert "JSON" in failure
