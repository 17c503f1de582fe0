"""docs/evaluation.md is held to the code."""

import json
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from sftctl.core.manager import plugin_manager

PAGE = (Path(__file__).parent.parent / "docs/evaluation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("evaluator", ["toolcall", "bfcl", "lm-eval", "judge"])
def test_the_options_are_documented_with_their_defaults(evaluator: str) -> None:
    for name, field in plugin_manager().evaluators()[evaluator].config.model_fields.items():
        default = "–" if field.default is PydanticUndefined else json.dumps(field.default)
        default = "as in the code" if name == "rubric" else default
        assert f"| {name} | {default} | {field.description} |" in PAGE


def test_every_kind_of_mistake_of_bfcl_is_documented_with_its_own_words() -> None:
    table = PAGE.partition("| reason of `bfcl` |")[2].partition("\n\n")[0]
    shown = dict(line.strip("| `").split("` | ") for line in table.splitlines() if line.startswith("| `"))
    assert shown == plugin_manager().evaluators()["bfcl"].mistakes
