"""Train/serve parity: a checkpoint is opened only with the base and the template that it was trained with."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.errors import ModelError
from sftctl.core.stages.checkpoint import check_rendering, check_template, load_checkpoint, rendering_hash
from sftctl.core.store import fingerprint
from sftctl.core.types import Checkpoint, Model
from sftctl.plugins.hermes import Hermes

BASE = Model("base", Path("base"), "sha256:1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifest = {
        "run": "r",
        "base": {"source": "base", "name": "base", "revision": "sha256:1"},
        "chat_format": "hermes",
        "chat_template_sha256": fingerprint(Hermes().template),
        "adapter": True,
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_a_checkpoint_knows_what_it_was_made_of(folder: Path) -> None:
    checkpoint = load_checkpoint(folder, BASE)
    assert checkpoint == Checkpoint("r", folder, BASE, "hermes", adapter=True)
    check_template(checkpoint, Hermes())


def test_another_base_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="was trained from base at sha256:1, but the base model here is at sha256:2"):
        load_checkpoint(folder, replace(BASE, revision="sha256:2"))


def test_another_template_is_refused(folder: Path) -> None:
    changed = replace(Hermes(), template=Hermes().template + "\n")
    with pytest.raises(ModelError, match="prompts that it never saw"):
        check_template(load_checkpoint(folder, BASE), changed)


def test_another_rendering_is_refused(folder: Path, tokenizer: Any) -> None:
    checkpoint = load_checkpoint(folder, BASE)
    check_rendering(checkpoint, Hermes(), tokenizer)  # of a run that did not write it down yet
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) | {"rendering_sha256": rendering_hash(Hermes(), tokenizer)}
    path.write_text(json.dumps(manifest))
    check_rendering(checkpoint, Hermes(), tokenizer)

    class Drifted(Hermes):
        """Writes what its template does not say."""

        def prompt(self, *conversation: Any) -> list[int]:
            return super().prompt(*conversation)[:-1]

    with pytest.raises(ModelError, match="other tokens than ChatFormat 'hermes'"):
        check_rendering(checkpoint, Drifted(), tokenizer)


def test_a_folder_that_no_run_made(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no model folder of a run"):
        load_checkpoint(tmp_path, BASE)
