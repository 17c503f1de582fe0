"""Tools out of Python functions."""

from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import (
    Between,
    Clock,
    Date,
    Day,
    Fake,
    Moment,
    Pick,
    Said,
    Size,
    tool,
    tool_from_function,
)
from sftctl.core.tools.functions import values_from_json, values_to_json


class Address(TypedDict):
    street: str
    number: int


@tool(asks=("Send {what} to {to.street}",), answer="Sent {what}.")
def send(
    what: Literal["letter", "parcel"],
    to: Address,
    on: Date,
    weights: Annotated[list[float], Between(0, 9), Size(1, 3)],
    insured: bool = False,
    note: str | None = None,
) -> str:
    """Send something
    by mail.

    Args:
        what: The kind of thing.
        on: The day on which
            it leaves.

    Returns:
        A number.
    """
    return f"{what} {to} {on} {weights} {insured} {note}"


def test_schema_from_signature_and_docstring() -> None:
    made = tool_from_function(send, "mail")
    assert (made.name, made.description, made.domain) == ("send", "Send something by mail.", "mail")
    assert made.parameters == {
        "type": "object",
        "properties": {
            "what": {"type": "string", "enum": ["letter", "parcel"], "description": "The kind of thing."},
            "to": {
                "type": "object",
                "properties": {"street": {"type": "string"}, "number": {"type": "integer"}},
                "required": ["street", "number"],
            },
            "on": {"type": "string", "format": "date", "description": "The day on which it leaves."},
            "weights": {"type": "array", "items": {"type": "number"}},
            "insured": {"type": "boolean", "default": False},
            "note": {"type": "string"},
        },
        "required": ["what", "to", "on", "weights"],
    }
    assert made.spec["function"]["parameters"] == made.parameters


def test_value_sources_survive_the_way_to_another_process() -> None:
    sources = {"a": Pick(1, "x"), "b": Between(0, 2, 3), "c": Fake("city"), "d": Day(), "e": Clock(), "f": Moment()}
    sources |= {"g#size": Size(2, 5), "h": Said({12: "monthly", 7: ("a week", "the next week")})}
    sources |= {"i": Said({(1, 3): "from 1 to 3"})}
    assert values_from_json(values_to_json(sources)) == sources
