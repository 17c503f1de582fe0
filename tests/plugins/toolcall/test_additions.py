"""What a template has no place for is said after it, and heard there."""

import random
import re
from collections import Counter

from sftctl.core.tools import Between, Pick, Said
from sftctl.core.types import Tool
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.requests import ask

LISTING = Tool(
    "list_files",
    "List the files of a folder.",
    {
        "type": "object",
        "properties": {
            "folder": {"type": "string"},
            "include_hidden": {"type": "boolean"},
            "recursive": {"type": "boolean"},
            "limit": {"type": "integer"},
            "start_size": {"type": "integer"},
            "end_size": {"type": "integer"},
            "filter": {"type": "object", "properties": {"owner": {"type": "string"}}},
        },
        "required": ["folder"],
    },
    asks=("What is in {folder}?",),
    values={"folder": Pick("/srv/music", "/home/ana"), "limit": Between(2, 90)},
)


def test_optional_values_are_given_as_often_as_they_are_said() -> None:
    rng = random.Random(0)
    requests = [ask(LISTING, rng) for _ in range(400)]
    given = Counter(name for request in requests for name in request.calls[0])
    assert given["folder"] == 400
    assert all(80 < given[name] < 220 for name in ("include_hidden", "recursive", "limit"))
    for request in requests:
        (call,) = request.calls
        assert not checks.unsupported(call, request.text), request.text
        assert ("hidden" in request.text) == ("include_hidden" in call), request.text
        assert ("recursive" in request.text.lower()) == ("recursive" in call), request.text
        assert ("limit" in request.text.lower()) == ("limit" in call), request.text
        assert request.text.count("?") < 2 and not re.search(r" [.?!]|\?\.|\.\?", request.text), request.text


def test_a_truth_value_is_told_from_its_opposite() -> None:
    rng = random.Random(1)
    said: dict[bool, set[str]] = {True: set(), False: set()}
    for _ in range(2000):
        request = ask(LISTING, rng)
        (call,) = request.calls
        if call.keys() == {"folder", "include_hidden"}:
            said[call["include_hidden"]].add(re.sub(r"/\w+/\w+|Folder: |folder", "", request.text))
    assert len(said[True]) > 8 and len(said[False]) > 6
    assert not said[True] & said[False]


def test_what_is_half_of_a_range_or_has_no_words_is_left_out() -> None:
    rng = random.Random(2)
    plain = [request for _ in range(300) if (request := ask(LISTING, rng)).text.startswith("What is in")]
    assert plain
    assert not any(call.keys() & {"start_size", "end_size", "filter"} for request in plain for call in request.calls)


def test_words_of_its_own_stand_in_a_template_and_not_after_a_name() -> None:
    spans = Said({(1, 3): "from 1 to 3", (0, 2): "between 0 and 2"})
    schema = {
        "span": {"type": "array", "items": {"type": "number"}},
        "speed": {"type": "number"},
        "times": {"type": "integer"},
    }
    tool = Tool(
        "track",
        "Follow a body.",
        {"type": "object", "properties": schema, "required": ["span", "speed"]},
        asks=("Follow what starts {speed} {span}.",),
        values={"span": spans, "speed": Said({0: "from rest"}), "times": Said({12: "monthly"})},
    )
    rng = random.Random(0)
    said = set()
    for _ in range(200):
        request = ask(tool, rng)
        (call,) = request.calls
        assert checks.schema_error(tool, call) == checks.unsupported(call, request.text) == ""
        assert "monthly" not in request.text
        assert ("from rest" in request.text) == ("what starts" in request.text), request.text
        said |= {words for words in ("from 1 to 3", "between 0 and 2", "12") if words in request.text}
    assert len(said) == 3
