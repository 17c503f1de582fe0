"""The model card: `README.md` of a model folder, with the metadata that the hub reads."""

from collections.abc import Mapping, Sequence

from sftctl.core.config import RunConfig
from sftctl.core.types import Json


def model_card(
    name: str, config: RunConfig, base: str, scores: Sequence[Mapping[str, Json]] = (), table: Sequence[str] = ()
) -> str:
    """The card of a run's model; with `scores` (`evaluator`, `score`, `value`), its results in hub's format too."""
    import yaml

    metadata: dict[str, Json] = {
        "base_model": base,
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": [*(["tool-calling", "function-calling"] if config.toolset else []), "sftctl"],
    }
    if scores:
        metadata["model-index"] = [{"name": name, "results": [_result(each) for each in scores]}]
    head = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    results = ["## Results", "", *table, ""] if table else []
    return "\n".join(["---", f"{head.strip()}", "---", *_text(name, config, base), "", *results])


def _result(score: Mapping[str, Json]) -> Json:
    metric = {"type": "perplexity" if score.get("loss") else "accuracy", "name": score["score"]}
    return {
        "task": {"type": "text-generation", "name": "Text Generation"},
        "dataset": {"type": score["evaluator"], "name": f"{score['evaluator']}: {score['score']}"},
        "metrics": [metric | {"value": score["value"]}],
    }


def _text(name: str, config: RunConfig, base: str) -> list[str]:
    skill = " to call tools" if config.toolset else ""
    return [
        f"# {name}",
        "",
        f"{base}, fine-tuned by sftctl (recipe `{config.recipe}`, trainer `{config.trainer}`){skill} in the",
        f"ChatFormat `{config.chat_format}`. All scores are in the run's `report.html`; the exact configuration and",
        "hashes of data and template in `manifest.json` beside this file.",
        "",
        f"    sftctl serve {name}",
    ]
