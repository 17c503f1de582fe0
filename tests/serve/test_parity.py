"""Train/serve parity: over HTTP, a conversation reaches the engine as the very tokens that were trained on."""

from typing import Any

import httpx
from fakes import ScriptedEngine

from sftctl.core.data import load_toolset
from sftctl.core.manager import plugin_manager
from sftctl.core.types import IGNORED
from sftctl.plugins.hermes import Hermes


def test_a_hundred_conversations(url: str, engine: ScriptedEngine, tokenizer: Any) -> None:
    plugins = plugin_manager()
    toolset = load_toolset(plugins, ["all"])
    examples = list(plugins.synthesizers()["toolcall"].synthesize(toolset, 100, 7))
    assert len({example.category for example in examples}) > 4
    for example in examples:
        rendered = Hermes().render(example, tokenizer)
        body = {"model": "base", "messages": list(example.messages[:-1]), "max_tokens": 1}
        body |= {"tools": list(example.tools)} if example.tools else {}
        response = httpx.post(f"{url}/chat/completions", json=body)
        assert response.status_code == 200, response.text
        prompt = list(engine.requests[-1].prompt)
        assert rendered.input_ids[: len(prompt)] == prompt
        answer = rendered.labels[len(prompt) :]
        assert answer[0] != IGNORED, "what is learned begins where the prompt ends"
        assert answer.index(IGNORED) == len(answer) - 1 if IGNORED in answer else True
