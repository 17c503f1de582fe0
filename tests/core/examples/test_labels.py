"""Which tokens carry loss, by the two options of TRL that say so."""

from pathlib import Path
from typing import Any

import pytest

from sftctl.core.config import resolve
from sftctl.core.errors import DataError
from sftctl.core.examples.labels import LossOn
from sftctl.core.manager import plugin_manager
from sftctl.core.stages.rendering import hold_out, render_all, rows_to_learn
from sftctl.core.store import RunFolder
from sftctl.core.types import IGNORED, Event, Example, Message, Model, Rendered
from sftctl.plugins.hermes import Hermes

ASK: Message = {"role": "user", "content": "Hello!"}
SAY: Message = {"role": "assistant", "content": "How can I help?"}
AGAIN: Message = {"role": "user", "content": "Paris?"}
CALL: Message = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
}
RESULT: Message = {"role": "tool", "content": "sunny"}
DONE: Message = {"role": "assistant", "content": "It is sunny."}
TALK = Example((ASK, SAY, AGAIN, CALL, RESULT, DONE))


def rendered(tokenizer: Any, loss_on: LossOn, *examples: Example) -> list[Rendered]:
    return render_all(examples or (TALK,), Hermes(), tokenizer, None, lambda event: None, loss_on)


def learned(tokenizer: Any, loss_on: LossOn, *examples: Example) -> str:
    (row,) = rendered(tokenizer, loss_on, *examples)
    return str(tokenizer.decode([label for label in row.labels if label != IGNORED]))


def test_each_option_moves_the_loss(tokenizer: Any) -> None:
    (plain,) = rendered(tokenizer, LossOn())
    assert learned(tokenizer, LossOn()).startswith("How can I help?<|im_end|><tool_call>")
    assert learned(tokenizer, LossOn(completion_only=True)) == (
        '<tool_call>\n{"name": "get_weather", "arguments": {}}\n</tool_call><|im_end|>It is sunny.<|im_end|>'
    )
    (everything,) = rendered(tokenizer, LossOn(assistant_only=False))
    assert everything == Rendered(plain.input_ids, [IGNORED, *plain.input_ids[1:]])
    both = learned(tokenizer, LossOn(assistant_only=False, completion_only=True))
    assert both.startswith("<tool_call>") and "<tool_response>\nsunny" in both
    assert rendered(tokenizer, LossOn(completion_only=False)) == [plain]


def test_a_row_that_keeps_a_part_out_of_the_loss_is_respected_or_refused(tokenizer: Any) -> None:
    row = Example((ASK, {**SAY, "weight": 0}, AGAIN, DONE))
    assert learned(tokenizer, LossOn(completion_only=True), row) == "It is sunny.<|im_end|>"
    assert learned(tokenizer, LossOn(False, True), row).startswith("It is sunny.<|im_end|>")
    for loss_on in (LossOn(completion_only=False), LossOn(assistant_only=False)):
        with pytest.raises(DataError, match=r"Training row 2: .* weight 0"):
            rendered(tokenizer, loss_on, TALK, row)


def test_plain_text_has_no_completion(tokenizer: Any) -> None:
    text = Example((), text="The weather in Paris")
    assert learned(tokenizer, LossOn(), text) == learned(tokenizer, LossOn(assistant_only=False), text)
    with pytest.raises(DataError, match=r"row 1: completion_only_loss: true needs a conversation"):
        rendered(tokenizer, LossOn(completion_only=True), text)


def test_a_last_message_without_loss_leaves_nothing(tokenizer: Any) -> None:
    with pytest.raises(DataError, match="nothing is left to learn"):
        rendered(tokenizer, LossOn(completion_only=True), Example((ASK, SAY, AGAIN, {**DONE, "weight": 0})))


# ---------------------------------------------------------------- what a trainer gets


def to_learn(folder: Path, model: Path, tokenizer: Any, last: str = "9", **flags: Any) -> tuple[Any, Any, str]:
    """The rows, those held out, and the notes of a run on ten conversations, of which the last has its own question."""
    asked = [*map(str, range(9)), last]
    examples = [Example((ASK, SAY, {"role": "user", "content": text}, DONE)) for text in asked]
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data/train.jsonl").write_text("".join(example.to_json() + "\n" for example in examples))
    plugins, events = plugin_manager(), list[Event]()
    config = resolve(plugins, "toolcall", None, {"chat_format": "hermes", **flags})
    run = RunFolder(folder, events.append)
    rows, evaluation = rows_to_learn(run, config, plugins, Model("tiny", model), tokenizer)
    return rows, evaluation, "\n".join(event.data["text"] for event in events)


@pytest.mark.parametrize("trainer", ["loop", "trl"])
def test_every_trainer_gets_the_same_labels(trainer: str, tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    counts = []
    for settings in ({}, {"completion_only_loss": True}, {"assistant_only_loss": False}):
        rows, _, notes = to_learn(tmp_path, tiny_model_dir, tokenizer, trainer=trainer, train=settings)
        counts.append(sum(label != IGNORED for row in rows for label in row.labels))
        assert f"loss on {counts[-1]}" in notes
    assert counts[1] < counts[0] < counts[2] == sum(len(row.input_ids) - 1 for row in rows)


@pytest.mark.parametrize("trainer", ["loop", "trl", "unsloth"])
def test_no_trainer_gets_rows_longer_than_max_length(
    trainer: str, tiny_model_dir: Path, tokenizer: Any, tmp_path: Path
) -> None:
    given: Any = (tmp_path, tiny_model_dir, tokenizer, "one two three " * 9)
    rows, _, _ = to_learn(*given, trainer=trainer)
    lengths = [len(row.input_ids) for row in rows]
    assert len(rows) == 10 and lengths[-1] == max(lengths) > lengths[0]
    train = {"max_length": max(lengths) - 1}
    rows, _, notes = to_learn(*given, trainer=trainer, train=train)
    assert len(rows) == 9 and f"1 left out, longer than {max(lengths) - 1} tokens (row 10 first)" in notes


def test_a_share_is_held_out(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    everything, none, _ = to_learn(tmp_path, tiny_model_dir, tokenizer, trainer="trl")
    rows, evaluation, notes = to_learn(tmp_path, tiny_model_dir, tokenizer, trainer="trl", train={"eval_dataset": 0.3})
    assert none == [] and (len(rows), len(evaluation)) == (7, 3) and "3 of these rows are held out" in notes
    assert sorted((*rows, *evaluation), key=everything.index) == everything


def test_a_file_is_held_out(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "held_out.jsonl"
    seen = Example((ASK, SAY, {"role": "user", "content": "3"}, DONE))
    path.write_text(TALK.to_json() + "\n" + seen.to_json() + "\n")
    train = {"eval_dataset": str(path), "completion_only_loss": True}
    with pytest.raises(DataError, match=r"held_out\.jsonl:1: .get_weather. is called, and no tool"):
        to_learn(tmp_path, tiny_model_dir, tokenizer, trainer="trl", train=train)
    path.write_text(Example((ASK, SAY)).to_json() + "\n" + seen.to_json() + "\n")
    rows, evaluation, notes = to_learn(tmp_path, tiny_model_dir, tokenizer, trainer="trl", train=train)
    assert (len(rows), len(evaluation)) == (10, 2)
    assert "1 of the rows of eval_dataset are trained on, too" in notes
    assert "2 evaluation rows" in notes


def test_equal_rows_are_held_out_together() -> None:
    rows = [Rendered([n % 5], [n % 5]) for n in range(50)]
    train, evaluation = hold_out(rows, 0.1, 0)
    assert {row.input_ids[0] for row in train} | {row.input_ids[0] for row in evaluation} == set(range(5))
    assert not [row for row in train if row in evaluation]
    assert len(evaluation) == 10
    with pytest.raises(DataError, match=r"eval_dataset: 0\.5 leaves none of 2 rows"):
        hold_out([rows[0], rows[0]], 0.5, 0)
