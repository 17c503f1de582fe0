"""What tests of formatters have in common: the formatters, and what an example says and teaches."""

from typing import Any

from sftctl.core.manager import plugin_manager
from sftctl.core.types import IGNORED, Example, call_of
from sftctl.plugins.hermes import Hermes

FORMATTERS = plugin_manager().formatters()
TURNS = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


def spec(name: str) -> dict[str, Any]:
    return {"name": name, "description": f"To {name}.", "parameters": {"type": "object", "properties": {}}}


def gist(example: Example) -> list[Any]:
    """Who says what and calls what; ids left out."""
    return [(m["role"], m["content"], [call_of(call) for call in m.get("tool_calls") or ()]) for m in example.messages]


def learned(tokenizer: Any, example: Example) -> str:
    rendered = Hermes().render(example, tokenizer)
    return str(tokenizer.decode([label for label in rendered.labels if label != IGNORED]))
