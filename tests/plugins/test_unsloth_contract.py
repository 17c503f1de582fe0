"""Our calls against Unsloth's own signatures, on a GPU and on a CPU, read from its source without importing it."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from sftctl.plugins.hyperparameters import LoraSettings, TrainingSettings
from sftctl.plugins.unsloth_sft import UNSLOTH, UnslothConfig, worker

ROOT = Path(__file__).parents[2]
GPU = {"from_pretrained": "unsloth/models/loader.py", "get_peft_model": "unsloth/models/llama.py"}
CPU = dict.fromkeys(GPU, "unsloth_zoo/cpu/loader.py")
CLASSES = ("FastLanguageModel", "FastLlamaModel", "FastCPUModel")


@pytest.fixture(scope="session")
def source(real_cache: Path) -> Path:
    """Where the sources of Unsloth and of the TRL that it takes lie: its environment, else their wheels' content."""
    if python := UNSLOTH.python(real_cache):
        return next(python.parent.parent.glob("lib/python*/site-packages"))
    folder = real_cache / "sources" / UNSLOTH.requirements[-1]
    if not folder.is_dir():
        scratch = folder.with_suffix(".partial")
        pins = [UNSLOTH.requirements[-1], "unsloth_zoo==2026.10.9", "trl==1.15.0"]
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(scratch), *pins]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("neither Unsloth's environment nor a package index is at hand")
        for archive in scratch.glob("*.whl"):
            zipfile.ZipFile(archive).extractall(scratch)
        scratch.rename(folder)
    return folder


def parameters(path: Path, name: str) -> set[str]:
    """The named parameters of the methods of that name in the classes that we call."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name in CLASSES:
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == name:
                    found |= {argument.arg for argument in [*method.args.args, *method.args.kwonlyargs]}
    return found


def passed(name: str) -> set[str]:
    """The keywords with which the worker calls a function or method of that name; those of `**lora` too."""
    (call,) = (
        node
        for node in ast.walk(ast.parse(Path(worker.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and name == getattr(node.func, "attr", getattr(node.func, "id", None))
    )
    splat = any(keyword.arg is None for keyword in call.keywords)
    lora = LoraSettings.model_fields.keys() - {"use_dora"} if splat else ()  # refused by UnslothConfig
    return {keyword.arg for keyword in call.keywords if keyword.arg} | set(lora)


@pytest.mark.parametrize("name", GPU)
@pytest.mark.parametrize("where", [GPU, CPU], ids=["gpu", "cpu"])
def test_both_back_ends_take_what_we_pass(name: str, where: dict[str, str], source: Path) -> None:
    known = parameters(source / where[name], name)
    assert len(known) > 10, "the signature was not found"
    assert passed(name) <= known


def test_trl_takes_what_we_pass(source: Path) -> None:
    tree = ast.parse((source / "trl/trainer/sft_trainer.py").read_text(encoding="utf-8"))
    (trainer,) = (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == "SFTTrainer")
    (init,) = (n for n in trainer.body if isinstance(n, ast.FunctionDef) and n.name == "__init__")
    assert passed("SFTTrainer") <= {argument.arg for argument in init.args.args}


def test_unsloth_is_imported_before_what_it_changes() -> None:
    (train,) = (
        node
        for node in ast.parse(Path(worker.__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "train"
    )
    imported = [node.module for node in train.body if isinstance(node, ast.ImportFrom)]
    assert imported[0] == "unsloth" and "trl" in imported


def test_the_worker_needs_nothing_of_ours() -> None:
    script = f"import runpy; runpy.run_path({worker.__file__!r}); import sys; print('sftctl' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_the_extra_is_what_is_installed_apart() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["unsloth"] == list(UNSLOTH.requirements)


def test_unknown_settings_are_refused() -> None:
    assert set(TrainingSettings.model_fields) < set(UnslothConfig.model_fields)
    for wrong in ({"packing": True}, {"load_in_4bit": True, "peft_config": None}):
        with pytest.raises(ValueError, match=r"Extra inputs|load_in_4bit needs peft_config"):
            UnslothConfig.model_validate(wrong)
