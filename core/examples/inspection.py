"""A row as the model will see it: every token, and whether it carries loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rich.text import Text

from sftctl.core.examples.promises import Written
from sftctl.core.lint import Finding
from sftctl.core.text import counted
from sftctl.core.types import IGNORED, Json, Tokenizer, function_of

LEARNED = ("bold green", "bold bright_green")
"""Styles of neighbouring tokens that carry loss, so that each can be told from the next."""
GIVEN = ("dim", "default")
STOP_STYLE = "bold white on red"
OPEN, CLOSE, STOP = "⟦", "⟧", "■"
LEGEND = f"{OPEN}learned{CLOSE}, {STOP} after a stop token that is learned"


class Token(NamedTuple):
    id: int
    text: str
    """Empty where a character takes several tokens, all but the last of them."""
    label: int
    is_stop: bool

    @property
    def is_learned(self) -> bool:
        return self.label != IGNORED


@dataclass(frozen=True)
class Inspection:
    """A row's tokens, and what lint says of it."""

    place: str
    written: Written | str
    """Or why the ChatFormat cannot write it."""
    findings: tuple[Finding, ...] = ()

    @property
    def tokens(self) -> list[Token]:
        return list(tokens_of(self.written)) if isinstance(self.written, Written) else []

    def to_json(self) -> dict[str, Json]:
        tokens = self.tokens
        return {
            "place": self.place,
            "input_ids": [token.id for token in tokens],
            "labels": [token.label for token in tokens],
            "tokens": [token.text for token in tokens],
            "findings": [{"rule": f.rule, "severity": f.severity, "message": f.message} for f in self.findings],
        } | ({"problem": self.written} if isinstance(self.written, str) else {})


def tokens_of(written: Written) -> Iterator[Token]:
    """Every token with its own text. A character that is spread over several tokens belongs to the last one."""
    stops = {written.tokenizer.convert_tokens_to_ids(token) for token in written.chat_format.stop}
    ids, labels = written.rendered.input_ids, written.rendered.labels
    texts = _texts(ids, written.tokenizer)
    for id, label, text in zip(ids, labels, texts, strict=True):
        yield Token(id, text, label, id in stops)


def _texts(ids: list[int], tokenizer: Tokenizer) -> Iterator[str]:
    waiting: list[int] = []
    for id in ids:
        waiting.append(id)
        text = tokenizer.decode(waiting, skip_special_tokens=False)
        if text.endswith("\ufffd") and len(waiting) < 4:  # UTF-8 has 4 bytes at most
            yield ""
        else:
            waiting = []
            yield text


# ---------------------------------------------------------------- to be read by people


def headline(inspection: Inspection) -> Iterator[str]:
    """What is to be said before the text: counts, tools, stop tokens, findings."""
    written = inspection.written
    yield inspection.place
    if isinstance(written, str):
        yield f"  '{written}'"
    else:
        tokens = inspection.tokens
        learned = sum(token.is_learned for token in tokens)
        stops = sum(token.is_learned and token.is_stop for token in tokens)
        yield f"  {counted(len(tokens), 'token')}, {learned} of them learned, {stops} of these stop tokens"
        names = [function["name"] for function in map(function_of, written.example.tools) if function]
        yield f"  tools: {', '.join(names) or 'none'}"
    for finding in inspection.findings:
        yield f"  {finding.severity}: {finding.rule}: {finding.message}"


def coloured(tokens: list[Token]) -> Text:
    """The text with each token in a colour: green is learned, red a stop token that is learned."""
    text = Text()
    for index, token in enumerate(tokens):
        styles = LEARNED if token.is_learned else GIVEN
        text.append(token.text, STOP_STYLE if token.is_learned and token.is_stop else styles[index % 2])
    return text


def marked(tokens: list[Token]) -> str:
    """The same without colours: brackets around what is learned."""
    parts: list[str] = []
    inside = False
    for token in tokens:
        if token.is_learned != inside:
            parts.append(OPEN if token.is_learned else CLOSE)
            inside = token.is_learned
        parts.append(token.text + (STOP if token.is_learned and token.is_stop else ""))
    return "".join(parts) + (CLOSE if inside else "")
