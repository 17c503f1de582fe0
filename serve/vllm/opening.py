"""Opening a model with vLLM: its environment, what it is to serve, and the wait until it does."""

import json
import logging
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sftctl.core.errors import EngineError, InstallError
from sftctl.core.machine.device import best_device, bf16_pays
from sftctl.core.machine.environment import Environment, ensure
from sftctl.core.store import cache_root, clear_errors
from sftctl.core.types import Generation, Sampling
from sftctl.serve.vllm import ARGUMENTS, ON_CPU, ON_GPU, PYTHON
from sftctl.serve.vllm.engine import BASE, VllmEngine
from sftctl.serve.vllm.process import VllmProcess

log = logging.getLogger("sftctl.serve.vllm")

START = 3600.0
"""Seconds in which it must answer: a large model is read, and compiled, for minutes."""
CACHE_BYTES = 4 * 2**30
"""What the cache takes on a CPU, where vLLM would take most of the memory."""
LORA_RANK, LORAS = 64, 4
"""The largest adapter that room is kept for, and how many are computed in one step."""
SETTINGS = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "NO_COLOR": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
    "VLLM_API_KEY": "",  # the user's is for servers of theirs; this one is asked by us alone
    "VLLM_HOST_IP": "127.0.0.1",  # where its own processes meet
    "VLLM_NO_USAGE_STATS": "1",
}
UNCOMPILED = {"TORCHDYNAMO_DISABLE": "1"}
"""With adapters vLLM compiles no model on a CPU, but would compile helpers, in the middle of the first scores."""


def open_model(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> VllmEngine:
    """The model in `path`, with a LoRA `adapter` merged in, in bf16 where that is faster, else in fp32.

    Raises InstallError where there is no vLLM, ModelError for an adapter that does not fit, and EngineError where
    vLLM does not start.
    """
    more = _more_arguments()
    python = interpreter()
    adapters = adapter is None and "--no-enable-lora" not in more
    with _folder() as folder:
        tokenizer, eos = _tokenizer(path, stop_token_ids, folder / "tokenizer")
        weights = path if adapter is None else _merged(path, adapter, folder / "model")
        arguments = [*_arguments(weights, tokenizer), *(_lora() if adapters else ()), *more]
        eager = adapters and best_device().type == "cpu"
        process = VllmProcess(python, arguments, folder, SETTINGS | (UNCOMPILED if eager else {}))
    process.wait(START)
    engine = VllmEngine(process, eos, adapters=adapters)
    list(engine.submit(Generation((eos,), Sampling(max_tokens=1), ())))  # some models it opens and cannot compute
    return engine


def _more_arguments() -> list[str]:
    """The user's own. Raises EngineError where they cannot be read."""
    try:
        return shlex.split(os.environ.get(ARGUMENTS, ""))
    except ValueError as error:
        raise EngineError(f"{ARGUMENTS} cannot be read: {str(error).lower()}.") from None


LONGEST = 70
"""Characters of the folder in which a socket's folder is made: systems take some 100 for the whole path."""


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for what is passing; it is removed again unless the block goes well."""
    usual = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="sftctl-vllm-", dir=usual if len(usual) <= LONGEST else "/tmp"))  # noqa: S108
    try:
        with clear_errors(str(folder)):
            yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def interpreter() -> Path:
    """One that has vLLM: of SFTCTL_VLLM_PYTHON, or of an environment that is made in the cache if need be."""
    if given := os.environ.get(PYTHON):
        return Path(given).expanduser().absolute()  # not resolved: a venv's python is a link
    try:
        return ensure(environment(), cache_root(), log.warning)
    except InstallError as error:
        hint = f"{error.hint} Or set {PYTHON} to the interpreter of an environment of yours that has vLLM."
        raise InstallError(error.reason, hint) from None


def environment() -> Environment:
    """What is installed for this machine."""
    return ON_GPU if best_device().type == "cuda" else ON_CPU


def _arguments(weights: Path, tokenizer: Path) -> list[str]:
    """The command line of `vllm serve`. Nothing is fetched, no code of a model is run, sampling is the request's."""
    on_cpu = best_device().type == "cpu"
    return [
        *("--model", str(weights.absolute()), "--served-model-name", BASE, "--tokenizer", str(tokenizer.absolute())),
        *("--load-format", "safetensors", "--dtype", _dtype(), "--generation-config", "vllm"),
        *("--structured-outputs-config", json.dumps({"backend": "guidance"}), "--enable-prompt-tokens-details"),
        *("--disable-uvicorn-access-log", "--disable-log-stats"),
        *(("--kv-cache-memory-bytes", str(CACHE_BYTES)) if on_cpu else ()),
    ]


def _lora() -> list[str]:
    return ["--enable-lora", "--max-lora-rank", str(LORA_RANK), "--max-loras", str(LORAS)]


def _dtype() -> str:
    return "bfloat16" if bf16_pays() else "float32"


def _tokenizer(path: Path, stop_token_ids: Sequence[int], folder: Path) -> tuple[Path, int]:
    """Where vLLM finds a tokenizer whose end-of-sequence token answers stop on, and the token's id.

    A grammar of vLLM's can end on nothing else.
    """
    from sftctl.serve.chat import load_tokenizer

    tokenizer: Any = load_tokenizer(path)
    if not stop_token_ids or tokenizer.eos_token_id in stop_token_ids:
        return path, tokenizer.eos_token_id
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(stop_token_ids[0])
    tokenizer.save_pretrained(folder)
    return folder, tokenizer.eos_token_id


def _merged(path: Path, adapter: Path, folder: Path) -> Path:
    """The weights with the adapter added, as the other engines compute with them."""
    import torch

    from sftctl.serve.engine.loading import load, merge

    model, _ = merge(load(path, getattr(torch, _dtype())), adapter)
    model.save_pretrained(folder)
    return folder
