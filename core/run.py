"""The line, end to end: toolset → examples → before → training → after → live proof → report.

Where general text is asked for that the base model writes itself (`rehearsal`), it is written before the examples;
where the weights go only part of the way (`average`), they are brought back after the training; where other `forms` of
the tuned model are asked for, each is scored after it.

Each stage writes into the run's folder and is remembered by a fingerprint of what went into it. Run it again
and finished stages are skipped; kill it and it goes on where it was.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.costs.machines import this_machine
from sftctl.core.costs.plan import check_fit
from sftctl.core.datasets import files_behind
from sftctl.core.manager import Plugins
from sftctl.core.models import fetch_model
from sftctl.core.report import write_report
from sftctl.core.stages.average import average
from sftctl.core.stages.checkpoint import load_checkpoint, publish_checkpoint
from sftctl.core.stages.data import (
    ANCHOR,
    HELD_OUT,
    REJECTED,
    SEEN,
    data_inputs,
    data_outputs,
    make_data,
    read_data,
    trained_on,
)
from sftctl.core.stages.evaluation import evaluate_model, evaluation_inputs, open_chat
from sftctl.core.stages.forms import EXPORTED, check_forms, score_form
from sftctl.core.stages.forms import FOLDER as FORMS
from sftctl.core.stages.proof import prove_live
from sftctl.core.stages.rehearsal import FILE as REHEARSAL
from sftctl.core.stages.rehearsal import rehearse, texts_wanted, with_rehearsal
from sftctl.core.stages.rendering import render_all, rows_to_learn
from sftctl.core.store import RunFolder, file_hash, fingerprint, open_run, write_text
from sftctl.core.tools.toolset import guarded, load_toolset
from sftctl.core.types import Emit, Event, Model, TrainJob
from sftctl.core.verify.matrix import check_options


def run(
    config: RunConfig,
    plugins: Plugins,
    root: Path,
    name: str | None,
    watch: Emit,
    check: bool = True,
    lenders: Sequence[Path] = (),
) -> Path:
    """Carry out a whole run; its folder. Everything that a user can mend is raised as an SftctlError.

    With `check`, a training that cannot fit into memory is refused before anything is made. `lenders` are finished
    runs, from which data, first scores and weights are taken where they would be the same.
    """
    with open_run(root, name or default_name(config), watch, lenders) as folder:
        begin(folder, config)
        if config.check_options:
            check_options(config, plugins, folder.emit)
        check_forms(config.forms, plugins)
        model = fetch_model(plugins, config.model)
        toolset = load_toolset(plugins, config.toolset, config.tools.limits())
        training = training_inputs(config, plugins)  # now, since a file may be missing
        if check and not (folder.path / "model").exists():
            check_fit(config, plugins, model, toolset, this_machine())
        config = rehearsed(folder, config, plugins, model)
        data = folder.stage(
            "data",
            inputs=data_inputs(config, toolset, model),
            outputs=data_outputs(config),
            partial=[REJECTED, SEEN],
            work=lambda: make_data(folder, config, plugins, toolset, model),
            borrow=True,
        )
        questions = file_hash(folder.path / HELD_OUT)
        runnable = guarded(toolset, config.toolset)
        unscored = not config.evaluator_configs(plugins)  # the files are written all the same, and nothing is said
        before = folder.stage(
            "before",
            inputs=[questions, model.revision, evaluation_inputs(config, plugins)],
            outputs=["eval/before.json", "eval/samples-before.jsonl", "eval/costs-before.json"],
            partial=["eval/before.answers.jsonl"],
            work=lambda: evaluate_model(folder, config, plugins, "before", model, None, runnable),
            borrow=True,
            quiet=unscored,
        )
        trained = folder.stage(
            "train",
            inputs=[*(file_hash(folder.path / output) for output in trained_on(config)), model.revision, training],
            outputs=["model" if config.average == 1 else "tuned", "data/lengths.json"],
            partial=["checkpoints", "trained", "metrics.jsonl", EXPORTED],
            work=lambda: train(folder, config, plugins, model),
            borrow=config.average < 1,
        )
        if config.average < 1:
            trained = folder.stage(
                "average",
                inputs=[trained, config.average],
                outputs=["model"],
                partial=["averaged", EXPORTED],
                work=lambda: average(folder, config, model),
            )
        checkpoint = load_checkpoint(folder.path / "model", model)
        after = folder.stage(
            "after",
            inputs=[trained, questions, *seen_questions(folder), evaluation_inputs(config, plugins)],
            outputs=["eval/after.json", "eval/samples-after.jsonl"],
            partial=["eval/after.answers.jsonl", FORMS],
            work=lambda: evaluate_model(folder, config, plugins, "after", model, checkpoint, runnable),
            quiet=unscored,
        )
        forms = [
            folder.stage(
                form,
                inputs=[after],
                outputs=[f"{FORMS}/{form}.json", f"{FORMS}/samples-{form}.jsonl"],
                partial=[f"{FORMS}/{form}.answers.jsonl"],
                work=partial(score_form, form, folder, config, plugins, model, checkpoint, runnable),
            )
            for form in config.forms
        ]
        proof = "skipped"
        if config.prove:
            proof = folder.stage(
                "proof",
                inputs=[trained, data],
                outputs=["eval/proof.json"],
                work=lambda: prove_live(folder, config, plugins, model, checkpoint, toolset),
            )
        folder.stage(
            "report",
            inputs=[data, before, after, *forms, proof, config.forgetting_budget],
            outputs=["report.json", "report.md", "report.html"],
            work=lambda: write_report(folder, config, plugins.evaluators()),
        )
        return folder.path


def rehearsed(folder: RunFolder, config: RunConfig, plugins: Plugins, model: Model) -> RunConfig:
    """The configuration with a file of the base model's own texts where it asks for them; they are written first."""
    if not texts_wanted(config):
        return config
    folder.stage(
        "rehearsal",
        inputs=[texts_wanted(config), model.revision, config.chat_format, config.engine, config.seed],
        outputs=[REHEARSAL],
        work=lambda: rehearse(folder, config, open_chat(plugins, config.engine, config.chat_format, model, None)),
        borrow=True,
    )
    return with_rehearsal(config, folder)


def train(folder: RunFolder, config: RunConfig, plugins: Plugins, model: Model) -> None:
    """Examples → Rendered → weights → a published checkpoint."""
    from sftctl.serve.chat import load_tokenizer

    trainer = plugins.trainers()[config.trainer]
    settings = config.trainer_config(plugins)
    tokenizer = load_tokenizer(model.path)
    chat_format = plugins.chat_formats()[config.chat_format].fitted(tokenizer)
    if chat_format.changes:
        text = f"The tokenizer's chat template is replaced by its equivalent for training:\n{chat_format.changes}"
        folder.emit(Event("note", "train", {"text": text}))
    rows, evaluation = rows_to_learn(folder, config, plugins, model, tokenizer)
    general = read_data(folder.path / ANCHOR) if config.anchor else []
    longest = getattr(settings, "max_length", None)
    anchor = render_all(general, chat_format, tokenizer, longest, folder.emit) if general else []
    job = TrainJob(
        model, chat_format, tokenizer, rows, settings, config.seed, folder.path, folder.emit, evaluation, anchor
    )
    place = folder.path / ("model" if config.average == 1 else "tuned")
    publish_checkpoint(folder, config, model, chat_format, tokenizer, weights=trainer.train(job), place=place)


# ---------------------------------------------------------------- small steps


def seen_questions(folder: RunFolder) -> list[str]:
    """What decides the scores on tools of the training, if they are asked for."""
    return [file_hash(folder.path / SEEN)] if (folder.path / SEEN).exists() else []


def default_name(config: RunConfig) -> str:
    """The same configuration has the same name, so that running it again goes on with it."""
    return f"{config.recipe}-{fingerprint(config.model_dump())[:6]}"


def begin(folder: RunFolder, config: RunConfig) -> None:
    """Write down what is run, and with which versions."""
    import platform
    from importlib.metadata import version

    import yaml

    write_text(folder.path / "config.yaml", yaml.safe_dump(config.model_dump(), sort_keys=False))
    folder.manifest["versions"] = {
        "python": platform.python_version(),
        **{name: version(name) for name in ("sftctl", "torch", "transformers", "peft")},
    }
    folder.manifest["platform"] = platform.platform()
    folder.manifest["config_sha256"] = fingerprint(config.model_dump())
    folder.save_manifest()


def training_inputs(config: RunConfig, plugins: Plugins) -> list[object]:
    """What decides the trained weights, besides data and base model. Raises StoreError for a file that is not there."""
    template = plugins.chat_formats()[config.chat_format].template
    settings = config.trainer_config(plugins)
    files = list(getattr(settings, "files", list)())
    if isinstance(kept := getattr(settings, "eval_dataset", None), DatasetConfig):
        files += files_behind([kept])
    hashes = [file_hash(path) for path in files]
    return [config.chat_format, fingerprint(template), config.trainer, settings.model_dump(), hashes, config.seed]
