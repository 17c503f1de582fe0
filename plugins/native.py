"""ChatFormat `native`: the chat template that the model's own tokenizer has.

Fitted to a tokenizer, it is that template, or, where TRL knows one, its equivalent for training, which keeps what was
said before as it was and marks what the assistant writes with `{% generation %}`. A conversation is written as one
text, and cut where the assistant begins to write (where the prompt for that turn ends) and where it stops. The parts
are tokenised one by one, so a prompt is exactly a prefix of every conversation that goes on from it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Any, NamedTuple

from sftctl.core import hookimpl
from sftctl.core.errors import FormatError
from sftctl.core.types import (
    IGNORED,
    ChatFormat,
    Delta,
    Example,
    Json,
    Message,
    MessageParser,
    Rendered,
    Tokenizer,
    call_of,
    canonical_json,
    fold,
    function_of,
    is_learned,
    tool_call,
)
from sftctl.plugins.hermes import OPEN, Hermes, assistant_text, text_of

HERMES = Hermes()
"""How a template that can write calls writes them, and how rows are looked at without a model."""
INSTEAD = "Choose chat_format outline or hermes: they bring their own template."
ASKED: Message = {"role": "user", "content": "Hello?"}
ANSWERED: Message = {"role": "assistant", "content": "Hi."}
CALLED: Message = {
    "role": "assistant",
    "tool_calls": [tool_call("look_up", {"city": "Köln", "days": [1, None]}), tool_call("look_up", {})],
}
MARK = re.compile(r"\{%-?\s*generation\b")


class Part(NamedTuple):
    """A stretch of a conversation's text: an assistant turn with its stop token, or what is between two."""

    text: str
    begin: int
    message: Message | None = None

    @property
    def end(self) -> int:
        return self.begin + len(self.text)


@dataclass(frozen=True)
class Native:
    """The tokenizer's own template; what it can do, `fitted` finds out."""

    name: str = "native"
    summary: str = "the chat template that the model's own tokenizer has"
    template: str = ""
    stop: tuple[str, ...] = ()
    changes: str = ""
    writes_calls: bool = False
    call_start: str = HERMES.call_start
    call_separator: str = HERMES.call_separator

    def fitted(self, tokenizer: Any) -> ChatFormat:
        """This format with the template of `tokenizer`. Raises FormatError where that is not fit for training."""
        stock = getattr(tokenizer, "chat_template", None)
        if not isinstance(stock, str):
            raise FormatError("The tokenizer has no chat template, or has several.", INSTEAD)
        template = _training_template(tokenizer) or stock
        form = replace(self, template=template, changes=_diff(stock, template))
        form = replace(form, stop=(_stop_of(form, tokenizer),))
        return replace(form, writes_calls=_writes_calls(form, tokenizer))

    def render(self, example: Example, tokenizer: Tokenizer) -> Rendered:
        """Token ids with labels on exactly what the assistant writes, its stop token included.

        Raises FormatError for a conversation that the template does not write as it is.
        """
        if not hasattr(tokenizer, "apply_chat_template"):  # a stand-in: rows are looked at without a model
            return HERMES.render(example, tokenizer)
        if example.text:
            return self._document(example.text, tokenizer)
        text, marked = self.write(example.messages, example.tools, tokenizer)
        input_ids: list[int] = []
        labels: list[int] = []
        for part in self._parts(text, example.messages, example.tools, tokenizer):
            ids = _encode(part.text, tokenizer)
            input_ids += ids
            if part.message is not None and is_learned(part.message):
                self._check_learned(part, part.message, marked)
                labels += ids
            else:
                labels += [IGNORED] * len(ids)
        return Rendered(input_ids, labels)

    def prompt(self, messages: Sequence[Message], tools: Sequence[Json], tokenizer: Tokenizer) -> list[int]:
        """Token ids that end where the assistant begins to write. Raises FormatError as `render` does."""
        text, _ = self.write(messages, tools, tokenizer, prompt=True)
        parts = self._parts(text, messages, tools, tokenizer)
        return [token for part in parts for token in _encode(part.text, tokenizer)]

    def parse(self, text: str) -> Message:
        """The assistant message that `text` spells."""
        parser = self.parser()
        deltas = [*parser.push(text), *parser.finish()]
        return fold(deltas, parser.error)

    def parser(self, *, eager: bool = False) -> MessageParser:
        """A parser of this format, to be fed piece by piece."""
        return HERMES.parser(eager=eager) if self.writes_calls else PlainText()

    def call_frame(self, name: str) -> tuple[str, str]:
        """What is written before and after the JSON arguments of a call to `name`."""
        return HERMES.call_frame(name)

    # ---- writing

    def write(
        self, messages: Sequence[Message], tools: Sequence[Json], tokenizer: Any, *, prompt: bool = False
    ) -> tuple[str, list[tuple[int, int]] | None]:
        """The text of a conversation, and where `{% generation %}` marks it; None if the template has no such marks.

        Raises FormatError with what the template says against it.
        """
        from jinja2 import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        if not self.template:
            raise TypeError("ChatFormat 'native' is used before it is fitted to a tokenizer.")
        marks = MARK.search(self.template) is not None
        try:
            texts, marked = render_jinja_template(
                conversations=[[_shown(message) for message in messages]],
                tools=[{"type": "function", "function": tool.get("function", tool)} for tool in tools] or None,
                chat_template=self.template,
                return_assistant_tokens_mask=marks,
                add_generation_prompt=prompt,
                enable_thinking=False,
                **tokenizer.special_tokens_map,
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise FormatError(f"The model's chat template refuses this conversation: {error}.", INSTEAD) from None
        return texts[0], marked[0] if marks else None

    def _parts(self, text: str, messages: Sequence[Message], tools: Sequence[Json], tokenizer: Any) -> list[Part]:
        """The text of a conversation cut at its assistant turns, once it is sure that all is in it."""
        _check_no_markers(messages, tools, tokenizer)
        parts: list[Part] = []
        done = 0
        for index, message in enumerate(messages):
            if message["role"] == "assistant":
                begin = self._begin(text, messages[:index], tools, tokenizer)
                stop = text.find(self.stop[0], begin)
                if begin < done or stop < 0:
                    raise FormatError(
                        f"The chat template does not end message {index + 1} with {self.stop[0]}.", INSTEAD
                    )
                end = stop + len(self.stop[0])
                parts += [Part(text[done:begin], done), Part(text[begin:end], begin, message)]
                done = end
        parts.append(Part(text[done:], done))
        self._check_shown(parts, messages, tools)
        return parts

    def _begin(self, text: str, before: Sequence[Message], tools: Sequence[Json], tokenizer: Any) -> int:
        """Where the turn begins that follows the messages `before`."""
        asked, _ = self.write(before, tools, tokenizer, prompt=True)
        if not text.startswith(asked):
            raise FormatError(
                f"The chat template writes the messages before message {len(before) + 1} in another way once more "
                "follow, so the model would be trained on other prompts than it is served.",
                INSTEAD,
            )
        return len(asked)

    def _document(self, text: str, tokenizer: Tokenizer) -> Rendered:
        """Plain text: every token learned but the first, which nothing comes before."""
        ids = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        ids = [*ids, tokenizer.convert_tokens_to_ids(self.stop[0])]
        return Rendered(ids, [IGNORED, *ids[1:]])

    # ---- checking

    def _check_shown(self, parts: Sequence[Part], messages: Sequence[Message], tools: Sequence[Json]) -> None:
        """Templates leave out in silence what they do not know."""
        given = "".join(part.text for part in parts if part.message is None)
        for function in filter(None, map(function_of, tools)):
            if function["name"] not in given:
                raise FormatError(f"The model's chat template does not show tool '{function['name']}'.", INSTEAD)
        everything = "".join(part.text for part in parts)
        for index, message in enumerate(messages):
            if message.get("tool_calls") and not self.writes_calls:
                raise FormatError("The model's chat template does not write tool calls as Hermes does.", INSTEAD)
            if text_of(message).strip() not in everything:
                raise FormatError(f"The model's chat template does not write message {index + 1} as it is.", INSTEAD)

    def _check_learned(self, part: Part, message: Message, marked: Sequence[tuple[int, int]] | None) -> None:
        said = part.text.removesuffix(self.stop[0])
        if said != assistant_text(message) or (self.writes_calls and OPEN in text_of(message)):
            raise FormatError(f"An answer would be written as {said[:60]!r}, and not read back as itself.", INSTEAD)
        if marked is not None and not _covers(marked, part):
            raise FormatError(
                "The template's {% generation %} leaves out a part of an answer, or its stop token.",
                "Mend the template: its marks must hold the answer and what ends it.",
            )


@dataclass
class PlainText:
    """Reads text that has no calls in it."""

    error: str = ""

    def push(self, text: str) -> list[Delta]:
        return [Delta(content=text)] if text else []

    def finish(self) -> list[Delta]:
        return []


# ---------------------------------------------------------------- getting to know a template


def _training_template(tokenizer: Any) -> str | None:
    """TRL's equivalent for training of the tokenizer's template; None where none is needed, or known."""
    from trl.chat_template_utils import get_training_chat_template

    try:
        template: str | None = get_training_chat_template(tokenizer)
    except ValueError:
        return None
    return template


def _diff(stock: str, template: str) -> str:
    lines = unified_diff(stock.splitlines(), template.splitlines(), "the tokenizer's", "the one used", lineterm="")
    return "\n".join(lines)


def _stop_of(form: Native, tokenizer: Any) -> str:
    """The special token that the template writes right after an answer."""
    asked, _ = form.write([ASKED], (), tokenizer, prompt=True)
    text, _ = form.write([ASKED, ANSWERED], (), tokenizer)
    head = asked + ANSWERED["content"]
    stops = [token for token in _markers(tokenizer) if text.startswith(head + token)]
    if not stops:
        written = text[len(asked) :] if text.startswith(asked) else text
        raise FormatError(
            f"The model's chat template does not write an answer as its text and a stop token, but as {written!r}.",
            INSTEAD,
        )
    return max(stops, key=len)


def _writes_calls(form: Native, tokenizer: Any) -> bool:
    """Whether calls are written as `hermes` writes them, to the letter."""
    try:
        text, _ = form.write([ASKED, CALLED], (), tokenizer)
    except FormatError:
        return False
    return assistant_text(CALLED) + form.stop[0] in text


# ---------------------------------------------------------------- small steps


def _shown(message: Mapping[str, Json]) -> Message:
    """A message as templates take it: one text, and arguments as objects."""
    shown = {key: message[key] for key in ("role", "name", "tool_call_id") if key in message}
    shown["content"] = text_of(dict(message))
    if calls := message.get("tool_calls"):
        parsed = [(call.get("id", ""), *call_of(call)) for call in calls]
        shown["tool_calls"] = [
            {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id, name, arguments in parsed
        ]
    return shown


def _markers(tokenizer: Any) -> Iterator[str]:
    """The special tokens."""
    return (token.content for token in tokenizer.added_tokens_decoder.values() if token.special)


def _check_no_markers(messages: Sequence[Message], tools: Sequence[Json], tokenizer: Any) -> None:
    """A template makes one text of its own markers and what people say: it could not tell them apart."""
    said = canonical_json([messages, tools])
    if found := next((token for token in _markers(tokenizer) if token in said), ""):
        raise FormatError(f"The conversation contains {found}, which is a special token of the model.", INSTEAD)


def _encode(text: str, tokenizer: Tokenizer) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False, split_special_tokens=False)


def _covers(marked: Sequence[tuple[int, int]], part: Part) -> bool:
    at = part.begin
    for begin, end in sorted(marked):
        if begin <= at:
            at = max(at, end)
    return at >= part.end


@hookimpl
def sftctl_chat_formats() -> Iterable[ChatFormat]:
    return [Native()]
