"""Which recorded steps are kept: of all weights and adapters together, those that were played last."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from engines import make_adapter, open_engine

from sftctl.serve.engine import recorded
from sftctl.serve.engine.recorded import Recordings
from sftctl.serve.engine.shape import Span


class Replayed(Recordings):
    """Computes a recorded step anew out of its inputs, as a GPU does, and counts what was recorded."""

    count = 0

    def _record(self, step: Callable[[], torch.Tensor]) -> tuple[Callable[[], object], torch.Tensor]:
        self.count += 1
        logits = step()
        return lambda: logits.copy_(step()), logits


@pytest.fixture
def engine(tiny_model_dir: Path, tmp_path: Path) -> Any:
    engine = open_engine(tiny_model_dir)
    engine.load_adapter("a", make_adapter(tiny_model_dir, tmp_path / "a", 0))
    return engine


def test_no_more_than_so_many_are_kept_and_the_last_played_stay(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "MOST", 3)
    decoder, base = engine._decoder, engine._opened.base.weights
    recordings = Replayed(decoder._forward, decoder.shape, decoder.device)

    def play(rows: int, adapter: str | None = None) -> int:
        """A step of so many rows; how many were recorded by then."""
        lora = engine._loaded[adapter].lora
        spans = [Span([7 + at], 0, [1 + at], at, lora=lora) for at in range(rows)]
        with torch.inference_mode():
            expected = decoder.forward(spans, base)
            given = recordings.forward(spans, base)
        assert (given - expected).norm() < 1e-5 * expected.norm()
        return recordings.count

    def kept() -> int:
        return sum(map(len, recordings._known.values()))

    assert [play(1), play(2), play(1, "a"), play(1)] == [1, 2, 3, 3]
    assert (play(4), kept()) == (4, 3), "two rows of the base were played longest ago"
    assert [play(1), play(1, "a"), play(4)] == [4, 4, 4]
    assert (play(2), kept()) == (5, 3), "one row of the base went for them"
