"""What a ChatFormat promises of every row that it renders, checked token by token; training refuses a broken one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sftctl.core.types import IGNORED, ChatFormat, Example, Json, Rendered, Tokenizer, function_of, is_learned


@dataclass(frozen=True, eq=False)
class Written:
    """An example beside what a ChatFormat made of it."""

    example: Example
    rendered: Rendered
    chat_format: ChatFormat
    tokenizer: Tokenizer

    @cached_property
    def spans(self) -> list[list[int]]:
        """The runs of tokens that carry loss: one for each assistant turn."""
        spans: list[list[int]] = [[]]
        for label in self.rendered.labels:
            if label != IGNORED:
                spans[-1].append(label)
            elif spans[-1]:
                spans.append([])
        return [span for span in spans if span]


def nothing_to_learn(written: Written) -> str:
    return "" if written.spans else "it has nothing to learn"


def unlearned_stop(written: Written) -> str:
    stops = {written.tokenizer.convert_tokens_to_ids(token) for token in written.chat_format.stop}
    if all(span[-1] in stops for span in written.spans):
        return ""
    return f"it does not learn to stop ({', '.join(written.chat_format.stop)})"


def tool_not_shown(written: Written) -> str:
    if not written.example.tools:
        return ""
    ids, labels = written.rendered.input_ids, written.rendered.labels
    # without what the assistant says: a call names its tool, shown or not
    given = [token for token, label in zip(ids, labels, strict=True) if label == IGNORED]
    prompt = written.tokenizer.decode(given, skip_special_tokens=False)
    for function in filter(None, map(function_of, written.example.tools)):
        if function["name"] not in prompt:
            return f"tool '{function['name']}' is not shown to the model"
    return ""


def misread_answer(written: Written) -> str:
    if written.example.text or not written.spans or unlearned_stop(written):
        return ""
    said = written.chat_format.parse(written.tokenizer.decode(written.spans[-1][:-1], skip_special_tokens=False))
    expected = next(message for message in reversed(written.example.messages) if is_learned(message))
    if "parse_error" in said or _gist(said) != _gist(expected):
        return "its answer does not read back as itself"
    return ""


PROMISES: dict[str, Callable[[Written], str]] = {
    "nothing-to-learn": nothing_to_learn,
    "unlearned-stop": unlearned_stop,
    "tool-not-shown": tool_not_shown,
    "misread-answer": misread_answer,
}
"""By name, what says how the promise is broken, or nothing."""


def broken_promises(written: Written) -> Iterator[str]:
    return filter(None, (is_broken(written) for is_broken in PROMISES.values()))


def _gist(message: dict[str, Json]) -> Json:
    """A message without what a format need not carry: ids, and the spelling of arguments."""
    calls = [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    ]
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text") or part.get("refusal") or "" for part in content)
    return [content, calls]
