"""The live proof: a real OpenAI client, a served model, a tool that it never trained on, run for real."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema
from openai import OpenAI, OpenAIError

from sftctl.core.errors import DataError, did_you_mean
from sftctl.core.tools.calls import run_tool
from sftctl.core.types import Json, Message, Tool, Toolset, canonical_json


@dataclass(frozen=True)
class Proof:
    """What was said and done. `ok`: a tool was called rightly, it ran, and a final answer came."""

    model: str
    ok: bool
    reason: str
    """Empty when ok; else what went wrong."""
    transcript: tuple[Message, ...]

    @property
    def answer(self) -> str:
        """The final answer, or an empty string."""
        last = self.transcript[-1]
        return (last.get("content") or "") if last["role"] == "assistant" else ""


def prove(
    base_url: str,
    model_name: str,
    toolset: Toolset,
    query: str,
    held_out_tools: Sequence[str],
    *,
    api_key: str = "none",
    timeout: float = 120,
) -> Proof:
    """Ask the served model `query`, offering it `held_out_tools`; run what it calls; take its final answer.

    A mistake of the model (or a server that fails) is recorded in the Proof, not raised.
    """
    tools = _pick(toolset, held_out_tools)
    transcript: list[Message] = [{"role": "user", "content": query}]

    def ended(reason: str) -> Proof:
        return Proof(model_name, not reason, reason, tuple(transcript))

    def ask(client: OpenAI) -> Message:
        conversation: Any = transcript
        offered: Any = [tool.spec for tool in tools.values()]
        completion = client.chat.completions.create(model=model_name, messages=conversation, tools=offered)
        message: Message = completion.choices[0].message.model_dump(exclude_none=True)
        transcript.append(message)
        return message

    try:
        with OpenAI(base_url=base_url, api_key=api_key, timeout=timeout, max_retries=0) as client:
            calls = ask(client).get("tool_calls")
            if not calls:
                return ended("The model called no tool.")
            failures = []
            for call in calls:
                result, failure = run_call(call, tools)
                failures += [failure] if failure else []
                content = canonical_json(result)
                transcript.append({"role": "tool", "tool_call_id": call["id"], "content": content})
            ask(client)
    except OpenAIError as error:
        return ended(f"The service failed: {error}")
    if failures:
        return ended(failures[0])
    return ended("" if transcript[-1].get("content") else "The model gave no final answer.")


def _pick(toolset: Toolset, names: Sequence[str]) -> dict[str, Tool]:
    known = {tool.name: tool for tool in toolset.tools}
    for name in names:
        if name not in known:
            raise DataError(f"Toolset '{toolset.name}' has no tool '{name}'.", did_you_mean(name, known))
    return {name: known[name] for name in names}


def run_call(call: Message, tools: dict[str, Tool]) -> tuple[Json, str]:
    """What a called tool returns, and why it failed (empty if it did not): the model is told either."""
    name = call["function"]["name"]
    tool = tools.get(name)
    if tool is None or tool.run is None:
        failure = f"There is no tool '{name}' that runs."
        return {"error": failure}, failure
    try:
        arguments = json.loads(call["function"]["arguments"])
        jsonschema.validate(arguments, tool.parameters)
    except (ValueError, jsonschema.ValidationError) as error:
        failure = f"The arguments of the call to '{name}' do not fit: {getattr(error, 'message', error)}."
        return {"error": failure}, failure
    result, reason = run_tool(tool, arguments)
    failure = f"The call to '{name}' failed: {reason}." if reason else ""
    return ({"error": failure}, failure) if failure else (result, "")
