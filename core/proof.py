"""The proof stage: the trained model behind a real endpoint, a real client, a tool that it never trained on."""

from dataclasses import asdict
from typing import Any

from sftctl.core.data import read_data
from sftctl.core.errors import EvalError
from sftctl.core.evaluation import open_chat
from sftctl.core.manager import Plugins
from sftctl.core.store import RunFolder, write_json
from sftctl.core.types import Checkpoint, Event, Example, Model, Tool, Toolset

ATTEMPTS = 3
OFFERED = 3
"""Held-out tools that the model may choose from."""


def prove_live(
    folder: RunFolder,
    plugins: Plugins,
    model: Model,
    checkpoint: Checkpoint,
    engine: str,
    training: Toolset,
    held_out: Toolset,
) -> None:
    """Serve base and tuned side by side, ask the tuned one for a held-out tool, and write the dialogue down.

    Up to ATTEMPTS questions are asked, until one is answered rightly; all are recorded.
    """
    from sftctl.serve.app import create_app
    from sftctl.serve.chat import Service
    from sftctl.serve.proof import prove
    from sftctl.serve.server import running

    tools = held_out if held_out.tools else training  # a run on the user's own tools alone holds none out
    base = open_chat(plugins, engine, checkpoint.chat_format, model, None)
    tuned = open_chat(plugins, engine, checkpoint.chat_format, model, checkpoint)
    attempts: list[dict[str, Any]] = []
    with running(create_app(plugins, Service([base, tuned]))) as url:
        for request, tool in _questions(read_data(folder.path / "data/eval.jsonl"), tools):
            others = [other.name for other in tools.tools if other.name != tool.name][: OFFERED - 1]
            attempts.append(asdict(prove(url, tuned.name, tools, request, [tool.name, *others])))
            if attempts[-1]["ok"] or len(attempts) == ATTEMPTS:
                break
    if not attempts:
        raise EvalError("No evaluation example asks for a runnable tool under its own name.", "Use --no-prove.")
    write_json(folder.path / "eval/proof.json", attempts)
    folder.emit(Event("note", "proof", {"text": f"{len(attempts)} asked, ok: {attempts[-1]['ok']}"}))


def _questions(examples: list[Example], tools: Toolset) -> list[tuple[str, Tool]]:
    """Requests for one call of a runnable tool that is shown under its own name, and that tool."""
    known = {tool.name: tool for tool in tools.tools if tool.run is not None}
    found = []
    for example in examples:
        if example.category.rpartition("/")[2] != "simple" or len(example.calls) != 1:
            continue
        name, arguments = example.calls[0]
        if name in known and set(arguments) <= set(known[name].properties):
            found.append((example.messages[0]["content"], known[name]))
    return found
