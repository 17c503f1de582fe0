"""The evaluator `bfcl`: fetching, casting, official data and official verdicts."""

import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from sftctl.core.errors import EvalError
from sftctl.core.machine.environment import ensure
from sftctl.core.remote.asking import refused
from sftctl.core.types import Answer, EvalJob, Message, Query, Verdict, tool_call
from sftctl.plugins import bfcl
from sftctl.plugins.bfcl.cast import cast_message, cast_value
from sftctl.plugins.bfcl.checker import check
from sftctl.plugins.bfcl.data import Item, load_items
from sftctl.plugins.bfcl.environments import PARSERS
from sftctl.plugins.bfcl.install import FOLDER, VERSION, bfcl_folder
from sftctl.plugins.bfcl.isolated import ask_official

CATEGORIES = tuple(c for c in get_args(bfcl.Category) if c not in bfcl.PARSED and not c.startswith("multi_turn"))
WITH_CALLS = tuple(category for category in CATEGORIES if "relevance" not in category)
UNWINNABLE = [
    *("live_simple_106-63-0", "live_simple_112-68-0"),
    *("live_multiple_862-181-3", "live_multiple_964-207-0"),
]
"""Items whose own gold answers the official checker refuses."""

Call = tuple[str, dict[str, Any]]


def answer(*calls: Call, text: str | None = None) -> Answer:
    message: Message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [tool_call(*call) for call in calls]
    return Answer(message, "", "stop", 1, 1)


# ---------------------------------------------------------------- without the package


def test_importing_the_plugin_is_light() -> None:
    code = "import sys, sftctl.plugins.bfcl; print({'torch', 'transformers', 'numpy'} & set(sys.modules))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "set()"


def test_options_are_checked() -> None:
    assert bfcl.BfclConfig().limit is None
    wrongs: list[dict[str, Any]] = [
        {"categories": ["simple_rust"]},
        {"categories": []},
        {"limit": 0},
        {"limits": 3},
    ]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            bfcl.BfclConfig.model_validate(wrong)


def test_no_index_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)

    with pytest.raises(EvalError, match="cannot be fetched: pip reaches no index that has it") as caught:
        bfcl_folder(tmp_path)

    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links, cache = tmp_path / "links", tmp_path / "cache"
    links.mkdir()
    with zipfile.ZipFile(links / f"bfcl_eval-{VERSION}-py3-none-any.whl", "w") as wheel:
        info = f"bfcl_eval-{VERSION}.dist-info"
        wheel.writestr("bfcl_eval/__init__.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: bfcl-eval\nVersion: {VERSION}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))

    with pytest.raises(EvalError, match="has not the pinned sha256"):
        bfcl_folder(cache)

    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvalError, match="cannot be written"):
        bfcl_folder(tmp_path / "file" / "cache")


def test_a_damaged_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"failed: ModuleNotFoundError.*Delete that folder"):
        ask_official(tmp_path, [{"do": "load", "category": "multiple"}])


@pytest.mark.parametrize(
    ("value", "schema", "cast"),
    [
        ("5", {"type": "integer"}, 5),
        ("5.5", {"type": "integer"}, "5.5"),
        ("5.5", {"type": "number"}, 5.5),
        ("nan", {"type": "number"}, "nan"),
        ("five", {"type": "number"}, "five"),
        ("True", {"type": "boolean"}, True),
        ("no", {"type": "boolean"}, "no"),
        ("5", {"type": "string"}, "5"),
        (5, {"type": "string"}, 5),
        ("[1, 2]", {"type": "array"}, [1, 2]),
        ("['a']", {"type": "array"}, ["a"]),
        ("{1, 2}", {"type": "array"}, "{1, 2}"),
        (["1", "x"], {"type": "array", "items": {"type": "integer"}}, [1, "x"]),
        ('["1"]', {"type": "array", "items": {"type": "integer"}}, [1]),
        (
            {"a": "1", "b": "1"},
            {"type": "object", "properties": {"a": {"type": "integer"}}},
            {"a": 1, "b": "1"},
        ),
        ("5", {}, "5"),
    ],
)
def test_casting_strings_to_a_schema(value: Any, schema: dict[str, Any], cast: Any) -> None:
    result = cast_value(value, schema)
    assert (result, type(result)) == (cast, type(cast))


def test_casting_leaves_unknown_tools_and_broken_arguments_alone() -> None:
    query = Query((), ({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},))
    unknown = answer(("g", {"n": "5"})).message
    broken = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}

    assert cast_message(unknown, query) == unknown
    assert cast_message(broken, query) == broken


# ---------------------------------------------------------------- with the real package


@pytest.fixture(scope="session")
def cache() -> Path:
    return Path(os.environ.get("SFTCTL_CACHE") or Path.home() / ".cache" / "sftctl")


@pytest.fixture(scope="session")
def folder(cache: Path) -> Path:
    return bfcl_folder(cache)


@pytest.fixture(scope="session")
def items(folder: Path) -> list[Item]:
    return load_items(folder, CATEGORIES)


def gold(item: Item) -> list[Call]:
    """An acceptable answer: the first possible value of every argument that is not to be left out."""
    calls = []
    for call in item.truth:
        name, possible = next(iter(call.items()))
        name = name.replace(".", "_")
        functions = (tool["function"] for tool in item.query.tools)
        required = next(f["parameters"]["required"] for f in functions if f["name"] == name)
        calls.append((name, {key: gold_value(value) for key, value in firsts(possible, required).items()}))
    return calls


def gold_value(value: Any) -> Any:
    """The keys of an object list their possible values too, but no deeper than that."""
    if isinstance(value, dict):
        return firsts(value)
    if isinstance(value, list):
        return [firsts(item) if isinstance(item, dict) else item for item in value]
    return value


def firsts(possible: dict[str, list[Any]], required: Sequence[str] = ()) -> dict[str, Any]:
    """The first possible value of each key; an empty string means that the key may be left out."""
    found = {}
    for key, options in possible.items():
        if key in required or "" not in options:
            found[key] = next((option for option in options if option != ""), "")
    return found


def judged(folder: Path, items: Sequence[Item], answers: Sequence[Answer]) -> list[Verdict]:
    verdicts = check(folder, items, answers)
    assert [verdict.id for verdict in verdicts] == [item.id for item in items]
    return verdicts


@pytest.mark.real
def test_a_second_fetch_is_instant_and_nothing_else_is_left(cache: Path, folder: Path) -> None:
    assert bfcl_folder(cache) == folder == cache / FOLDER
    assert not [path for path in cache.iterdir() if path.name.startswith(f".{FOLDER}")]


@pytest.mark.real
def test_the_official_items(items: list[Item]) -> None:
    count = {category: sum(item.category == category for item in items) for category in CATEGORIES}
    assert count["simple_python"] == 400
    assert count["multiple"] == count["parallel"] == count["parallel_multiple"] == 200
    assert (count["irrelevance"], count["live_multiple"], count["live_irrelevance"]) == (240, 1053, 884)


@pytest.mark.real
def test_functions_are_converted_as_for_openai(items: list[Item]) -> None:
    by_id = {item.id: item for item in items}
    factorial = by_id["simple_python_1"].query
    assert factorial.messages == ({"role": "user", "content": "Calculate the factorial of 5 using math functions."},)
    assert factorial.tools[0] == {
        "type": "function",
        "function": {
            "name": "math_factorial",
            "description": "Calculate the factorial of a given number."
            " Note that the provided function is in Python 3 syntax.",
            "parameters": {
                "type": "object",
                "properties": {
                    "number": {
                        "type": "integer",
                        "description": "The number for which factorial needs to be calculated.",
                    }
                },
                "required": ["number"],
            },
        },
    }
    functions = [tool["function"] for item in items for tool in item.query.tools]
    assert not [function for function in functions if "." in function["name"]]
    kinds = {kind for function in functions for kind in types_in(function["parameters"])}
    assert kinds == {"object", "array", "string", "number", "integer", "boolean"}


def types_in(schema: dict[str, Any]) -> set[str]:
    """The types that a handler casts: the schema's own, its properties', and their items'."""
    kinds = {schema["type"]}
    for field in schema.get("properties", {}).values():
        kinds.add(field["type"])
        if "properties" not in field and "items" in field:
            kinds.add(field["items"]["type"])
    return kinds


@pytest.mark.real
def test_official_gold_answers_are_accepted(folder: Path, items: list[Item]) -> None:
    asked = [item for item in items if item.category in WITH_CALLS]
    assert len(asked) == 2351

    verdicts = judged(folder, asked, [answer(*gold(item)) for item in asked])

    refused = [verdict.id for verdict in verdicts if not verdict.ok]
    assert refused == UNWINNABLE
    assert sum(verdict.metrics["schema_cast"] for verdict in verdicts) >= len(asked) - len(UNWINNABLE)


@pytest.mark.real
def test_spoiled_answers_are_rejected(folder: Path, items: list[Item]) -> None:
    asked = [item for item in items if item.category in WITH_CALLS]

    def renamed(calls: list[Call]) -> list[Call]:
        return [(calls[0][0] + "_x", calls[0][1]), *calls[1:]]

    def extra(calls: list[Call]) -> list[Call]:
        return [(calls[0][0], {**calls[0][1], "surplus_argument": 1}), *calls[1:]]

    spoils = [
        (renamed, "unknown_tool"),
        (extra, "extra_argument"),
        (lambda calls: calls[1:], "no_call"),  # most have one
        (lambda calls: [*calls, calls[0]], "extra_call"),
    ]
    for spoil, kind in spoils:
        answers = [answer(*spoil(gold(item)), text="") for item in asked]
        verdicts = judged(folder, asked, answers)
        assert not [verdict.id for verdict in verdicts if verdict.ok]
        assert Counter(verdict.reason for verdict in verdicts).most_common(1)[0][0] == kind
        assert all(": " in verdict.detail for verdict in verdicts)


@pytest.mark.real
def test_mistyped_answers_are_rejected_until_cast(folder: Path, items: list[Item]) -> None:
    def mistyped(calls: list[Call]) -> list[Call]:
        return [
            (
                name,
                {key: str(value) if type(value) in (int, float) else value for key, value in arguments.items()},
            )
            for name, arguments in calls
        ]

    asked = [item for item in items if item.category in ("simple_python", "multiple", "parallel")]
    asked = [item for item in asked if mistyped(gold(item)) != gold(item)]
    assert len(asked) > 400

    verdicts = judged(folder, asked, [answer(*mistyped(gold(item))) for item in asked])

    assert not [verdict.id for verdict in verdicts if verdict.ok]
    assert all(verdict.metrics["schema_cast"] for verdict in verdicts)


@pytest.mark.real
def test_a_number_as_a_string_is_wrong_but_castable(folder: Path, items: list[Item]) -> None:
    item = next(item for item in items if item.id == "simple_python_1")

    [strict] = judged(folder, [item], [answer(("math_factorial", {"number": "5"}))])
    [wrong] = judged(folder, [item], [answer(("math_factorial", {"number": "6"}))])

    assert (strict.ok, strict.reason, wrong.reason) == (False, "wrong_type", "wrong_type")
    assert strict.detail.startswith("type_error:simple: Incorrect type for parameter 'number'. Expected type integer")
    assert strict.metrics == {"schema_cast": True}
    assert strict.answered == [{"name": "math_factorial", "arguments": '{"number": "5"}'}]
    assert wrong.metrics == {"schema_cast": False}


@pytest.mark.real
def test_irrelevance_and_relevance(folder: Path, items: list[Item]) -> None:
    none = next(item for item in items if item.category == "irrelevance")
    some = next(item for item in items if item.category == "live_relevance")
    call, text, empty = answer(("f", {"n": 1})), answer(text="I cannot do that."), answer(text="")

    given = [call, text, empty, refused("too long"), call, text]
    verdicts = judged(folder, [none, none, none, none, some, some], given)

    assert [verdict.ok for verdict in verdicts] == [False, True, True, False, True, False]
    assert (verdicts[3].reason, verdicts[3].metrics) == ("failed", {"schema_cast": False})


@pytest.mark.real
def test_answers_that_are_no_calls(folder: Path, items: list[Item]) -> None:
    item = items[0]
    broken = answer()
    broken.message["tool_calls"] = [{"id": "", "type": "function", "function": {"name": "f", "arguments": "{"}}]
    strange = [answer(text="Hi"), answer(text=""), answer(), broken]

    assert not any(verdict.ok for verdict in judged(folder, [item] * len(strange), strange))


@pytest.mark.real
def test_evaluation_of_a_model_that_knows_the_answers(cache: Path, items: list[Item]) -> None:
    known = {repr(item.query): gold(item) for item in items if item.category in WITH_CALLS}

    def generate(queries: Sequence[Query]) -> list[Answer]:
        return [answer(*known.get(repr(query), [("f", {})])) for query in queries]

    config = bfcl.BfclConfig(categories=["simple_python", "parallel", "irrelevance"], limit=20)
    result = bfcl.evaluate(EvalJob(generate, [], config, cache, seed=0))

    assert [name for name in result.scores if "/" not in name] == [*config.categories, "overall"]
    assert result.scores["simple_python"].value == result.scores["parallel"].value == 1.0
    assert result.scores["irrelevance"].value == 0.0
    assert result.scores["simple_python/schema_cast"].n == 20
    ids = [verdict.id for verdict in result.verdicts if verdict.category == "simple_python"]
    assert ids == [f"simple_python_{index}" for index in range(0, 400, 20)]


# ---------------------------------------------------------------- Java and JavaScript


def spelled(value: Any) -> str:
    """A value as the source text that the official checker reads in these categories: a literal, in a string."""
    return value if isinstance(value, str) else json.dumps(value)


LONGS = [f"simple_java_{number}" for number in (25, 32, 34, 49, 98)]
"""Items whose numbers are of Java's type long: the checker reads `5L` there, and not `5`."""


@pytest.mark.real
@pytest.mark.parametrize(("category", "plain", "refused"), [("simple_java", 82, LONGS), ("simple_javascript", 33, [])])
def test_java_and_javascript_are_read_by_the_official_parsers(
    cache: Path, folder: Path, category: str, plain: int, refused: list[str]
) -> None:
    python = ensure(PARSERS, cache, print)
    items = load_items(folder, [category], python=python)
    answers = [answer(*[(name, {k: spelled(v) for k, v in given.items()}) for name, given in gold(i)]) for i in items]
    scalars = [all(not isinstance(v, list | dict) for _, given in gold(item) for v in given.values()) for item in items]

    verdicts = check(folder, items, answers, python)
    spoiled = check(folder, items, [answer(*[(f"{name}x", given) for name, given in gold(i)]) for i in items], python)

    assert sum(scalars) == plain
    assert [v.id for v, scalar in zip(verdicts, scalars, strict=True) if scalar and not v.ok] == refused
    assert not any(verdict.ok for verdict in spoiled)
