"""The shapes of seven public data sets, in small: they load as they are, and each damage is one line with its place."""

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sftctl.core.cli import app
from sftctl.core.datasets import examples_of
from sftctl.core.errors import DataError
from sftctl.core.manager import Plugins, plugin_manager

Files = dict[str, bytes]


def jsonl(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def turns(*said: tuple[str, str]) -> dict[str, Any]:
    return {"conversations": [{"from": who, "value": what} for who, what in said]}


SPEC = {"name": "rain", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
CALL = {"name": "rain", "arguments": {"city": "Oslo"}}
GLAIVE = turns(("human", "Rain?"), ("function_call", json.dumps(CALL)), ("observation", "wet"), ("gpt", "Yes."))
NEXT = {"id": "n", "messages": [{"role": "user", "content": "Rain?"}], "tools": [SPEC], "call": CALL}
SEAL = {"id": "s", "query": "Rain?", "calling": [{"api": "rain", "parameters": {"city": "Oslo"}, "responses": ["c0"]}]}
RAIN = {"api_name": "rain", "api_description": "Rain.", "parameters": {"city": {"type": "str"}}, "required": []}
PIQA = {"goal": "Stay dry.", "sol1": "An umbrella.", "sol2": "A fork."}
SNIPS = {"data": [{"text": "Rain in "}, {"text": "Oslo", "entity": "city"}]}

SETS: dict[str, Files] = {
    "glaive": {"demo.json": json.dumps([GLAIVE | {"tools": json.dumps([SPEC])}] * 3, indent=1).encode()},
    "gsm8k": {"test.jsonl": jsonl(*[{"question": f"{n} + 1?", "answer": "#### 2"} for n in range(3)])},
    "hellaswag": {"val.txt": "".join(f"Cooking: {n}\n1\na.\nb.\nc.\nd.\n" for n in range(3)).encode()},
    "piqa": {"valid.jsonl": jsonl(PIQA, PIQA, PIQA), "valid-labels.lst": b"0\n1\n0\n"},
    "sealtools": {
        "dev.jsonl": jsonl(SEAL, SEAL, SEAL),
        "tool.jsonl": jsonl(RAIN, RAIN | {"api_name": "sun"}),
    },
    "sgd": {"calls.jsonl": jsonl(NEXT, NEXT, NEXT)},
    "snips": {"Rain.json": json.dumps({"Rain": [SNIPS] * 3}, indent=1).encode()},
}
SHAPES = {"glaive": "sharegpt", "gsm8k": "prompt-completion", "hellaswag": "choice", "piqa": "choice"}
SHAPES |= {"sealtools": "xlam", "sgd": "next-call", "snips": "slots"}


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return plugin_manager()


def write(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_it_loads(plugins: Plugins, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    first, *others = SETS[name]
    files = {first: pack(SETS[name][first])} | {other: SETS[name][other] for other in others}
    examples = [example for _, example in examples_of(write(tmp_path, files), plugins)]
    assert [example.source for example in examples] == [SHAPES[name]] * 3
    calling = name not in ("gsm8k", "hellaswag", "piqa")
    assert all(bool(example.tools) is calling and any(map(bool, example.messages)) for example in examples)


# ---------------------------------------------------------------- damage


def cut(content: bytes) -> bytes:
    return content.rstrip()[:-9]


def third(line: bytes) -> Callable[[bytes], bytes]:
    """A file whose third line is another one, or none."""

    def change(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        return b"".join((*lines[:2], line, *lines[3:]))

    return change


def row(**fields: Any) -> Callable[[bytes], bytes]:
    """A file whose third row has other fields; one that is None is missing."""

    def change(content: bytes) -> bytes:
        old = json.loads(content.splitlines()[2]) | fields
        return third(jsonl({key: value for key, value in old.items() if value is not None}))(content)

    return change


def swap(old: str, new: str) -> Callable[[bytes], bytes]:
    """A file in which a text stands for another, where that comes last."""
    return lambda content: new.encode("latin-1").join(content.rsplit(old.encode(), 1))


DAMAGED: list[tuple[str, str, Callable[[bytes], bytes], str]] = [
    ("glaive", "demo.json", cut, "demo.json:63 is not JSON: the file ends within a value that begins on line 44"),
    ("glaive", "demo.json", swap('"value": "Yes."', '"value" "Yes."'), "demo.json:60 is not JSON: Expecting ':'"),
    ("glaive", "demo.json", swap("Yes.", "\xff"), "demo.json:60 is not UTF-8: byte 0xff"),
    ("glaive", "demo.json", swap('"Yes."', "3"), "demo.json:44: unreadable-row: turn 4: it has no text in 'value'"),
    (
        "glaive",
        "demo.json",
        swap('"conversations"', '"said"'),
        "demo.json:44: unreadable-row: it has no 'conv",
    ),
    ("glaive", "demo.json", swap("\n]", "\n]]"), "demo.json:65 is not JSON: there is more after the end"),
    ("gsm8k", "test.jsonl", cut, "test.jsonl:3: unreadable-row: not JSON: the line ends within a value"),
    ("gsm8k", "test.jsonl", third(b'{"question" 1}\n'), "test.jsonl:3: unreadable-row: not JSON: Expecting ':'"),
    ("gsm8k", "test.jsonl", third(b"\xff\n"), "test.jsonl:3: unreadable-row: not UTF-8: byte 0xff at column 1"),
    ("gsm8k", "test.jsonl", row(answer=7), "test.jsonl:3: unreadable-row: 'answer' must be text or a list of messages"),
    (
        "gsm8k",
        "test.jsonl",
        row(answer=None),
        "test.jsonl:3: unreadable-row: it has no 'completion' (or",
    ),
    ("gsm8k", "test.jsonl", row(answer=""), "test.jsonl:3: empty-message: message 2 (assistant) is empty"),
    ("hellaswag", "val.txt", cut, "val.txt:13: unreadable-row: the file ends within a task: 3 of 6 lines"),
    (
        "hellaswag",
        "val.txt",
        third(b""),
        "val.txt:1: unreadable-row: a line of this task or the next was lost",
    ),
    ("hellaswag", "val.txt", third(b"a.\na.\n"), "val.txt:1: unreadable-row: a line of this task or the next was lost"),
    ("hellaswag", "val.txt", third(b"\xff\n"), "val.txt:3: not UTF-8"),
    ("hellaswag", "val.txt", swap("\n1\n", "\n7\n"), "val.txt:14: unreadable-row: '7' is not the number of the right"),
    ("piqa", "valid.jsonl", cut, "valid.jsonl:3: unreadable-row: not JSON: the line ends within a value"),
    ("piqa", "valid.jsonl", third(b""), "valid-labels.lst:3: a label without a row, for"),
    ("piqa", "valid.jsonl", row(sol1=[]), "valid.jsonl:3: unreadable-row: 'sol1' must be text, not a list"),
    ("piqa", "valid.jsonl", row(sol2=None), "valid.jsonl:3: unreadable-row: it has no 'sol2'"),
    ("piqa", "valid-labels.lst", lambda labels: labels + b"1\n", "valid-labels.lst:4: a label without a row, for"),
    ("piqa", "valid-labels.lst", third(b""), "valid-labels.lst:3: there is no label for"),
    ("piqa", "valid-labels.lst", third(b"\xff\n"), "valid-labels.lst:3: unreadable-row: not UTF-8"),
    ("piqa", "valid-labels.lst", third(b"2\n"), "valid.jsonl:3: unreadable-row: its 'label' is 2, which is none of"),
    ("piqa", "valid-labels.lst", third(b"\n"), "valid.jsonl:3: unreadable-row: it has no 'label' that says which"),
    ("sealtools", "dev.jsonl", cut, "dev.jsonl:3: unreadable-row: not JSON: the line ends within a value"),
    ("sealtools", "dev.jsonl", row(query=None), "dev.jsonl:3: unreadable-row: it has no 'query'"),
    ("sealtools", "dev.jsonl", row(calling=3), "dev.jsonl:3: unreadable-row: 'calling' must be a list, not a number"),
    ("sealtools", "dev.jsonl", row(calling=[{"api": "hail"}]), "dev.jsonl:3: unreadable-row: 'hail' is called, and no"),
    ("sealtools", "tool.jsonl", cut, "tool.jsonl:2: not JSON: the line ends within a value"),
    ("sealtools", "tool.jsonl", swap("api_name", "title"), "tool.jsonl:2: a tool has no name"),
    ("sealtools", "tool.jsonl", swap("sun", "rain"), "tool.jsonl:2: 'rain' is described already, at "),
    ("sealtools", "tool.jsonl", lambda _: b"", "tool.jsonl describes no tool"),
    ("sgd", "calls.jsonl", cut, "calls.jsonl:3: unreadable-row: not JSON: the line ends within a value"),
    ("sgd", "calls.jsonl", row(messages="Rain?"), "calls.jsonl:3: unreadable-row: 'messages' is no JSON"),
    ("sgd", "calls.jsonl", row(call=None), "calls.jsonl:3: unreadable-row: it has no 'call'"),
    (
        "sgd",
        "calls.jsonl",
        row(call=[CALL, 7]),
        "calls.jsonl:3: unreadable-row: a call must be an object",
    ),
    (
        "sgd",
        "calls.jsonl",
        row(tools=None),
        "calls.jsonl:3: unreadable-row: 'rain' is called, and no tool of",
    ),
    ("sgd", "calls.jsonl", lambda rows: gzip.compress(rows)[:-20], "calls.jsonl is damaged"),
    ("snips", "Rain.json", cut, "Rain.json:34 is not JSON: the file ends within a value that begins on line 25"),
    ("snips", "Rain.json", swap('"Oslo"', "3"), "Rain.json:25: unreadable-row: entry 2 of 'data' must be an object"),
    (
        "snips",
        "Rain.json",
        swap('"city"', "3"),
        "Rain.json:25: unreadable-row: entry 2 of 'data': the name of its slot must",
    ),
    ("snips", "Rain.json", swap('"data"', '"date"'), "Rain.json:25: unreadable-row: 'data' must be a list, not null"),
    ("snips", "Rain.json", swap("Oslo", "\xff"), "Rain.json:31 is not UTF-8: byte 0xff"),
]


def short(value: object) -> str | None:
    """The name of a case, the same in every process; of a function pytest takes its own."""
    return value[:30] if isinstance(value, str) else None


@pytest.mark.parametrize(("name", "file", "damage", "problem"), DAMAGED, ids=short)
def test_damage_is_one_line_with_its_place(
    tmp_path: Path, name: str, file: str, damage: Callable[[bytes], bytes], problem: str
) -> None:
    write(tmp_path, SETS[name] | {file: damage(SETS[name][file])})
    options = ["--strict", "--ignore", "duplicate-row,near-duplicate"]
    done = CliRunner().invoke(app, ["data", "lint", str(tmp_path), *options])
    assert isinstance(done.exception, SystemExit | DataError), "a crash"
    told = done.output if isinstance(done.exception, SystemExit) else str(done.exception)
    assert any(line.startswith(f"{tmp_path}/{problem}") for line in told.splitlines())
