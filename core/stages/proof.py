"""The proof stage: the trained model behind a real endpoint, a real client, a tool that it never trained on."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from sftctl.core.config import RunConfig
from sftctl.core.errors import DataError, EvalError
from sftctl.core.manager import Plugins
from sftctl.core.stages.data import HELD_OUT, read_data
from sftctl.core.stages.evaluation import open_chat
from sftctl.core.store import RunFolder, write_json
from sftctl.core.tools.toolset import split_by_tool
from sftctl.core.types import Checkpoint, Event, Example, Json, Message, Model, Tool, Toolset, call_of, canonical_json

ATTEMPTS = 3
OFFERED = 3
"""Held-out tools that the model may choose from."""
MORE = 200
"""Examples to look through where those of the evaluation hold no question that can be asked live."""

Question = tuple[str, Tool, dict[str, Json]]
"""A request, and the tool and the arguments that it asks for."""


def prove_live(
    folder: RunFolder, config: RunConfig, plugins: Plugins, model: Model, checkpoint: Checkpoint, toolset: Toolset
) -> None:
    """Serve base and tuned side by side, ask the tuned one for a held-out tool, and write the dialogue down.

    Up to ATTEMPTS questions are asked, until one is answered rightly; all are recorded.
    """
    from sftctl.serve.app import create_app
    from sftctl.serve.proof import prove
    from sftctl.serve.server import running
    from sftctl.serve.service import Service

    training, held_out = split_by_tool(toolset, config)
    tools = held_out if held_out.tools else training  # a run on the user's own tools alone holds none out
    base = open_chat(plugins, config.engine, checkpoint.chat_format, model, None)
    tuned = open_chat(plugins, config.engine, checkpoint.chat_format, model, checkpoint)
    attempts: list[dict[str, Any]] = []
    with running(create_app(plugins, Service([base, tuned]))) as url:
        for request, tool, arguments in _questions(_examples(folder, config, plugins, tools), tools):
            others = [other.name for other in tools.tools if other.name != tool.name][: OFFERED - 1]
            proof = prove(url, tuned.name, tools, request, [tool.name, *others])
            if proof.ok and not _is_as_asked(proof.transcript, tool, arguments):
                due = f"{tool.name}({canonical_json(arguments)})"
                proof = replace(proof, ok=False, reason=f"It did not call what was asked for: {due}.")
            attempts.append(asdict(proof))
            if proof.ok or len(attempts) == ATTEMPTS:
                break
    if not attempts:
        raise EvalError("No example asks for one call of a tool that runs.", "Use --no-prove.")
    write_json(folder.path / "eval/proof.json", attempts)
    folder.emit(Event("note", "proof", {"text": f"{len(attempts)} asked, ok: {attempts[-1]['ok']}"}))


def _examples(folder: RunFolder, config: RunConfig, plugins: Plugins, tools: Toolset) -> Iterator[Example]:
    """Those of the evaluation, then as many new ones as it takes: most show their tools in disguise."""
    yield from read_data(folder.path / HELD_OUT)
    synthesizer = plugins.synthesizers()[config.synthesizer]
    with suppress(DataError):  # a small toolset yields fewer
        yield from synthesizer.synthesize(tools, MORE, config.seed + 2_000_003, synthesizer.config())


def _questions(examples: Iterable[Example], tools: Toolset) -> Iterator[Question]:
    """Requests for one call of a tool that runs, as far as the example shows it as it is."""
    known = {tool.name: tool for tool in tools.tools if tool.run is not None and not tool.live}
    for example in examples:
        if [message["role"] for message in example.messages] != ["user", "assistant"] or len(example.calls) != 1:
            continue
        name, arguments = example.calls[0]
        if name in known and set(arguments) <= set(known[name].properties):
            yield example.messages[0]["content"], known[name], arguments


def _is_as_asked(transcript: Iterable[Message], tool: Tool, arguments: dict[str, Json]) -> bool:
    """Whether the one call that was made is of this tool, with at least these arguments."""
    calls = [call_of(call) for message in transcript for call in message.get("tool_calls") or ()]
    return len(calls) == 1 and calls[0][0] == tool.name and arguments.items() <= calls[0][1].items()
