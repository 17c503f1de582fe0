"""Several adapters over one set of base weights, loaded, replaced and unloaded while it runs."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from engines import PROMPTS, make_adapter, open_engine

from sftctl.core.errors import ModelError, UnknownAdapterError
from sftctl.core.machine.device import bf16_pays
from sftctl.core.types import Generation, Sampling, Ticket
from sftctl.serve.engine.blocks import BLOCK

LONG = [30 + at % 200 for at in range(3 * BLOCK + 5)]
KINDS: list[dict[str, Any]] = [
    {},
    {"r": 3, "lora_alpha": 9, "use_rslora": True, "target_modules": ["k_proj", "v_proj", "o_proj"]},
    {"target_modules": "all-linear", "r": 2},
    {"target_modules": ["gate_proj", "up_proj", "down_proj"], "layers_to_transform": [1]},
]
"""Settings of adapters that are computed beside the base."""
OTHERS: list[dict[str, Any]] = [
    {"use_dora": True},
    {"rank_pattern": {"q_proj": 2}},
    {"modules_to_save": ["norm"]},
]
"""Settings of those that are merged."""


@pytest.fixture(scope="module")
def folders(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("adapters")
    return [make_adapter(tiny_model_dir, root / str(at), at, **kind) for at, kind in enumerate([*KINDS, *OTHERS])]


def ask(engine: Any, adapter: str | None, prompt: list[int], tokens: int = 12) -> Ticket:
    ticket: Ticket = engine.submit(Generation(tuple(prompt), Sampling(max_tokens=tokens), (), adapter, logprobs=0))
    return ticket


def tokens(ticket: Ticket) -> list[int]:
    return [step.token for step in ticket]


@pytest.fixture(scope="module")
def expected(tiny_model_dir: Path, folders: list[Path]) -> list[list[list[int]]]:
    """What each adapter answers merged and alone, the base at last."""
    engines = [open_engine(tiny_model_dir, folder) for folder in (*folders, None)]
    found = [[tokens(ask(engine, None, prompt)) for prompt in PROMPTS] for engine in engines]
    assert len({str(each) for each in found}) == len(found)
    return found


@pytest.mark.parametrize("merged", [False, True])
def test_a_batch_of_many_adapters_answers_as_each_does_alone(
    tiny_model_dir: Path, folders: list[Path], expected: list[list[list[int]]], merged: bool
) -> None:
    engine: Any = open_engine(tiny_model_dir)
    for at, folder in enumerate(folders):
        engine.load_adapter(str(at), folder, merged=merged)
    beside = [engine._loaded[str(at)].lora is not None for at in range(len(folders))]
    assert beside == [not merged] * len(KINDS) + [False] * len(OTHERS)
    names = [*map(str, range(len(folders))), None]
    tickets = [[ask(engine, name, prompt) for prompt in PROMPTS] for name in names]
    assert [[tokens(ticket) for ticket in row] for row in tickets] == expected


def test_adapters_share_the_weights_of_the_base(tiny_model_dir: Path, folders: list[Path]) -> None:
    engine: Any = open_engine(tiny_model_dir)
    for at, folder in enumerate(folders[: len(KINDS)]):
        engine.load_adapter(str(at), folder)
    assert {id(loaded.weights) for loaded in engine._loaded.values()} == {id(engine._opened.base.weights)}
    engine.load_adapter("merged", folders[0], merged=True)
    base, made = engine._opened.base.weights, engine._loaded["merged"].weights
    assert made.embedding is base.embedding and made.layers[0].gate_up is base.layers[0].gate_up
    assert made.layers[0].qkv is not base.layers[0].qkv


def test_both_ways_are_close_in_bf16_where_that_pays(tiny_model_dir: Path, folders: list[Path]) -> None:
    engine: Any = open_engine(tiny_model_dir, name="torch")
    assert engine._opened.base.weights.embedding.dtype == (torch.bfloat16 if bf16_pays() else torch.float32)
    engine.load_adapter("beside", folders[2])
    engine.load_adapter("merged", folders[2], merged=True)
    for prompt in PROMPTS:
        first, second, base = (next(iter(ask(engine, name, prompt, 1))) for name in ("beside", "merged", None))
        assert first.logprob is not None and second.logprob is not None and base.logprob is not None
        assert first.token == second.token
        assert abs(first.logprob - second.logprob) < 0.15


def test_each_adapter_has_its_own_prefixes(tiny_model_dir: Path, folders: list[Path]) -> None:
    engine = open_engine(tiny_model_dir)
    engine.load_adapter("a", folders[0])
    engine.load_adapter("b", folders[1])
    for found in (0, 3 * BLOCK):
        for name in ("a", "b", None):
            ticket = ask(engine, name, LONG)
            tokens(ticket)
            assert ticket.cached_tokens == found


def test_an_adapter_that_is_replaced_finds_nothing_of_the_old_one(
    tiny_model_dir: Path, folders: list[Path], tmp_path: Path
) -> None:
    engine, path = open_engine(tiny_model_dir), tmp_path / "adapter"
    shutil.copytree(folders[0], path)
    engine.load_adapter("a", path)
    before = tokens(ask(engine, "a", LONG))
    shutil.rmtree(path)
    shutil.copytree(folders[1], path)
    engine.load_adapter("a", path)
    replaced = ask(engine, "a", LONG)
    fresh = open_engine(tiny_model_dir, folders[1])
    assert tokens(replaced) == tokens(ask(fresh, None, LONG)) != before
    assert replaced.cached_tokens == 0
    engine.load_adapter("again", path)  # another name, the same content
    again = ask(engine, "again", LONG)
    tokens(again)
    assert again.cached_tokens == 3 * BLOCK


def test_who_runs_goes_on_with_what_it_began_with(tiny_model_dir: Path, folders: list[Path]) -> None:
    engine = open_engine(tiny_model_dir)
    engine.load_adapter("a", folders[0])
    expected = tokens(ask(engine, "a", PROMPTS[0], 400))
    running = ask(engine, "a", PROMPTS[0], 400)
    unloaded = ask(engine, "a", PROMPTS[0], 400)
    next(iter(running))
    engine.load_adapter("a", folders[1])
    other = ask(engine, "a", PROMPTS[0], 400)
    engine.unload_adapter("a")
    assert running.finish_reason is None
    assert tokens(running) == tokens(unloaded) == expected != tokens(other)
    with pytest.raises(UnknownAdapterError, match="no adapter 'a'"):
        ask(engine, "a", PROMPTS[0])
    with pytest.raises(UnknownAdapterError, match="no adapter 'a'"):
        engine.unload_adapter("a")


@pytest.mark.parametrize("merged", [False, True])
def test_what_is_no_adapter_is_refused(tiny_model_dir: Path, folders: list[Path], tmp_path: Path, merged: bool) -> None:
    engine = open_engine(tiny_model_dir)
    with pytest.raises(ModelError, match="holds no adapter"):
        engine.load_adapter("a", tmp_path, merged=merged)
    path = tmp_path / "other"
    shutil.copytree(folders[0], path)
    (path / "adapter_model.safetensors").write_bytes(b"\x00" * 20)
    with pytest.raises(ModelError, match="does not fit"):
        engine.load_adapter("a", path, merged=merged)
    (path / "adapter_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="does not fit"):
        engine.load_adapter("a", path, merged=merged)
    with pytest.raises(UnknownAdapterError):
        ask(engine, "a", [5])
