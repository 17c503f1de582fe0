"""The process that trains with Unsloth: `python worker.py ORDER.json`, by the Python of Unsloth's environment.

That environment has none of our packages, so this file imports the standard library and Unsloth's stack alone.
It reports on stdout, one JSON object a line: `data` (a digest of what its data loader yields), then `metrics` and
`progress`, or `error`. Whatever the libraries print goes to stderr. It ends when its stdin is closed.
"""

import hashlib
import json
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

IGNORED = -100
Report = Callable[[dict[str, Any]], None]


class Refused(Exception):
    """Unsloth does not do what it was asked for."""


def main() -> None:
    """Carry out the order; exit code 1 where that fails, after a report of why."""
    report = _take_stdout()
    threading.Thread(target=_watch, daemon=True).start()
    try:
        train(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), report)
    except BaseException as error:
        traceback.print_exc()
        text = str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        report({"error": " ".join(text.split())[:1000]})
        sys.stderr.flush()
        os._exit(1)


def train(order: dict[str, Any], report: Report) -> None:
    """Load, adapt, check, train, save."""
    from unsloth import FastLanguageModel  # isort: skip  # first: it changes the others as they are imported
    import torch
    from datasets import Dataset
    from transformers import set_seed
    from trl import SFTConfig, SFTTrainer

    settings = dict(order["settings"])
    lora = settings.pop("peft_config")
    checkpointing = settings.pop("use_gradient_checkpointing")
    in_4bit = settings.pop("load_in_4bit")
    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=order["model"],
        max_seq_length=settings["max_length"],
        dtype=torch.bfloat16 if settings["bf16"] else torch.float32,
        load_in_4bit=in_4bit,
        full_finetuning=lora is None,
        use_gradient_checkpointing=checkpointing,
        trust_remote_code=False,
    )
    if in_4bit and not any(type(module).__name__ == "Linear4bit" for module in model.modules()):
        raise Refused("load_in_4bit had no effect: bitsandbytes does not work on this machine")
    _require_vocabulary(model, Path(order["model"]))
    if lora is not None:
        model = FastLanguageModel.get_peft_model(
            model, **lora, use_gradient_checkpointing=checkpointing, random_state=order["seed"]
        )
        _require(lora, model.peft_config["default"], except_for={"target_modules"})
    asked = {
        **settings,
        "output_dir": order["checkpoints"],
        "seed": order["seed"],
        "report_to": [],
        "disable_tqdm": True,
        "save_total_limit": 1,
        "gradient_checkpointing": bool(checkpointing),
        "packing": False,
        "padding_free": False,
        "shuffle_dataset": False,
    }
    arguments = SFTConfig(**asked)
    _require(asked, arguments, except_for={"report_to"})
    with Path(order["rows"]).open(encoding="utf-8") as rows:
        dataset = Dataset.from_list([json.loads(row) for row in rows])
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        callbacks=[_reporter(report)],
    )
    report({"data": digest(_rows_of(trainer.get_train_dataloader()))})
    set_seed(order["seed"])  # reading the data has drawn from the generators
    trainer.train(resume_from_checkpoint=_last_checkpoint(Path(order["checkpoints"])))
    shutil.rmtree(order["trained"], ignore_errors=True)
    trainer.model.save_pretrained(order["trained"], safe_serialization=True)


# ---------------------------------------------------------------- what is trained on


def digest(rows: Iterable[tuple[Sequence[int], Sequence[int]]]) -> dict[str, Any]:
    """Of ids and labels, whatever the order of the rows: their number, tokens, tokens that carry loss, a sha256."""
    marks, tokens, labels = [], 0, 0
    for ids, row_labels in rows:
        marks.append(hashlib.sha256(json.dumps([list(ids), list(row_labels)]).encode()).hexdigest())
        tokens += len(ids)
        labels += sum(label != IGNORED for label in row_labels)
    sha256 = hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()
    return {"rows": len(marks), "tokens": tokens, "labels": labels, "sha256": sha256}


def _rows_of(loader: Iterable[dict[str, Any]]) -> Iterable[tuple[list[int], list[int]]]:
    """Ids and labels of one epoch, padding taken away."""
    for batch in loader:
        if "attention_mask" not in batch:
            raise Refused("its batches lie end to end, without a mask that keeps the rows apart")
        for ids, labels, mask in zip(batch["input_ids"], batch["labels"], batch["attention_mask"], strict=True):
            yield ids[mask.bool()].tolist(), labels[mask.bool()].tolist()


def _require(asked: dict[str, Any], taken: Any, except_for: set[str]) -> None:
    """Raises Refused when a setting is not what it was set to."""
    for name, value in asked.items():
        took = getattr(taken, name)
        if name not in except_for and getattr(took, "value", took) != value:
            raise Refused(f"{name} was to be {value!r}, and Unsloth made {took!r} of it")


def _require_vocabulary(model: Any, folder: Path) -> None:
    """Raises Refused when tokens were added: the weights would no longer fit the base model."""
    expected = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    found = model.get_input_embeddings().weight.shape[0]
    if found != expected:
        raise Refused(f"Unsloth made a vocabulary of {found} tokens out of the model's {expected}")


def _last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint: trainer_state.json is written last, a kill may have come before."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda path: int(path.name.rpartition("-")[2]))) if whole else None


# ---------------------------------------------------------------- reports


def _reporter(report: Report) -> Any:
    """A callback that reports the metrics and the progress of each step."""
    from transformers import TrainerCallback

    started = time.monotonic()

    class Reporter(TrainerCallback):  # type: ignore[misc, unused-ignore]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if logs and "loss" in logs:
                names = ("loss", "grad_norm", "learning_rate")
                metrics = {name: float(logs[name]) for name in names if name in logs}
                if "num_tokens" in logs:  # since this process began, as `started`
                    metrics["tokens_per_second"] = round(logs["num_tokens"] / (time.monotonic() - started), 1)
                report({"metrics": {"step": state.global_step, **metrics}})
                self.progress(state)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if not control.should_log:  # else the step's metrics come first
                self.progress(state)

        def progress(self, state: Any) -> None:
            report({"progress": {"done": state.global_step, "total": state.max_steps}})

    return Reporter()


def _take_stdout() -> Report:
    """A way to report; what anyone else writes to stdout goes to stderr from now on."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def report(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    return report


def _watch() -> None:
    """End with the process that began this one."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
