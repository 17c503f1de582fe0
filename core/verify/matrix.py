"""Which options of a trainer work together: tried on a tiny model, kept per version, asked before a run."""

import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import combinations
from pathlib import Path

from sftctl.core.config import RunConfig
from sftctl.core.errors import ConfigError
from sftctl.core.manager import Plugins
from sftctl.core.store import cache_root, fingerprint, write_json
from sftctl.core.types import Emit, Event, Json, Trainer
from sftctl.core.verify.bench import Bench, Result
from sftctl.core.verify.options import accepts, combinations_of, options_on, spoken, values_of

LIBRARIES = ("sftctl", "torch", "transformers", "trl", "peft")
SECONDS = 90.0
"""What one training on the tiny model may take."""


@dataclass(frozen=True)
class Cell:
    """How one combination of options went with one trainer."""

    trainer: str
    options: Mapping[str, Json]
    result: Result
    reason: str = ""
    loss: float | None = None
    """Of the first step."""
    seconds: float = 0.0


Watch = Callable[[Cell], None]


def probe_matrix(
    plugins: Plugins, trainers: Sequence[Trainer], refresh: bool = False, watch: Watch = lambda cell: None
) -> list[Cell]:
    """Every combination with every trainer, trainers side by side.

    What is known is not tried again, unless it is to be refreshed. `watch` gets each cell that is tried.
    """
    with tiny_bench(plugins) as bench, ThreadPoolExecutor(2) as pool:
        cells = pool.map(lambda trainer: _probe_trainer(bench, trainer, refresh, watch), trainers)
        return [cell for each in cells for cell in each]


def _probe_trainer(bench: Bench, trainer: Trainer, refresh: bool, watch: Watch) -> list[Cell]:
    known = {} if refresh else known_cells(bench.plugins, trainer)
    cells: list[Cell] = []
    failed: dict[str, Cell] = {}
    for combination in combinations_of(trainer.config):
        options = values_of(combination)
        why = next((failed[path] for path in options if path in failed), None)
        cell = known.get(fingerprint(options))
        if cell is None and why:
            cell = Cell(trainer.name, options, why.result, f"as {spoken(why.options)} alone")
        if cell is None:
            cell = probe_cell(bench, trainer, options)
            watch(cell)
        if cell.result != "ok" and len(options) == 1:
            failed[combination[0].path] = cell
        cells.append(cell)
    _keep(bench.plugins, trainer, cells)
    return cells


def probe_cell(bench: Bench, trainer: Trainer, options: Mapping[str, Json]) -> Cell:
    """Try one combination."""
    begin = time.monotonic()
    found = bench.try_out(trainer, options)
    loss = None if math.isnan(found.loss) else found.loss
    return Cell(trainer.name, dict(options), found.result, found.reason, loss, round(time.monotonic() - begin, 2))


@contextmanager
def tiny_bench(plugins: Plugins) -> Iterator[Bench]:
    """A bench with the tiny model, in a folder that is removed afterwards."""
    from sftctl.core.verify.tiny import make_model, make_tokenizer

    with tempfile.TemporaryDirectory(prefix="sftctl-verify-", ignore_cleanup_errors=True) as name:
        model = make_model(Path(name) / "model", make_tokenizer())
        yield Bench.make(plugins, model, Path(name), SECONDS, threads=1)


# ---------------------------------------------------------------- what is known


def known_cells(plugins: Plugins, trainer: Trainer) -> dict[str, Cell]:
    """What was found with these very versions, by the fingerprint of the options."""
    try:
        rows = json.loads(_file(plugins, trainer).read_text(encoding="utf-8"))["cells"]
        cells = [Cell(**row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {fingerprint(cell.options): cell for cell in cells}


def _keep(plugins: Plugins, trainer: Trainer, cells: Sequence[Cell]) -> None:
    """Add cells to what is known, in place of older ones of the same options."""
    known = known_cells(plugins, trainer)
    known |= {fingerprint(cell.options): cell for cell in cells if cell.result != "unknown"}
    rows = [asdict(cell) for cell in known.values()]
    write_json(_file(plugins, trainer), {"versions": versions(), "cells": rows})


def _file(plugins: Plugins, trainer: Trainer) -> Path:
    plugged = sorted(str(provider) for provider in plugins.providers.values())
    mark = fingerprint([versions(), plugged, _code_of(trainer)])[:16]
    return cache_root() / "matrix" / f"{trainer.name}-{mark}.json"


def versions() -> dict[str, str]:
    """What decides whether options work together."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def _code_of(trainer: Trainer) -> str:
    """A hash over the Python files beside the one that has its settings: its version, while one works on it."""
    file = getattr(sys.modules.get(trainer.config.__module__), "__file__", None)
    code = (path.read_bytes() for path in sorted(Path(file).parent.glob("*.py"))) if file else ()
    return sha256(b"".join(code)).hexdigest()


# ---------------------------------------------------------------- before a run


def check_options(config: RunConfig, plugins: Plugins, emit: Emit) -> None:
    """Raises ConfigError if the options that a run has on are known not to work together.

    Where they are the trainer's defaults nothing is asked; a combination that nobody has tried yet is tried now.
    """
    trainer = plugins.trainers()[config.trainer]
    options = options_on(config.trainer_config(plugins))
    if not options or options == options_on(trainer.config.model_construct()):
        return
    known = known_cells(plugins, trainer)
    parts = [dict(part) for size in (1, 2) for part in combinations(options.items(), size)]
    found = [known.get(fingerprint(part)) for part in (*parts, options)]
    cell = next(filter(_is_broken, found), found[-1])
    if cell is None:
        text = f"{spoken(options)}: tried with trainer '{trainer.name}' on a tiny model first"
        emit(Event("note", "options", {"text": text}))
        with tiny_bench(plugins) as bench:
            cell = probe_cell(bench, trainer, options)
        _keep(plugins, trainer, [cell])
    if _is_broken(cell):
        raise ConfigError(
            f"{spoken(cell.options)} does not work with trainer '{trainer.name}': {cell.reason.rstrip('.')} "
            f"({cell.result}, with {_with()}).",
            f"Switch {'one of them' if len(cell.options) > 1 else 'it'} off{_elsewhere(plugins, cell)}. "
            "`sftctl doctor --matrix` shows what works; check_options=false runs it all the same.",
        )


def _is_broken(cell: Cell | None) -> bool:
    return cell is not None and cell.result in ("refused", "lied", "crashed")


def _with() -> str:
    return ", ".join(f"{name} {number}" for name, number in versions().items() if number and name != "sftctl")


def _elsewhere(plugins: Plugins, cell: Cell) -> str:
    """Other trainers that have all those options, as far as they are not known to fail too."""
    others = [
        name
        for name, trainer in plugins.trainers().items()
        if name != cell.trainer
        and all(accepts(trainer.config, path) for path in cell.options)
        and not _is_broken(known_cells(plugins, trainer).get(fingerprint(cell.options)))
    ]
    return f", or use --trainer {' or '.join(others)}" if others else ""
