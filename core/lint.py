"""Lint: what is wrong with a row, found before a training run is spent on it.

A rule is a plugin's record (hook `sftctl_lint_rules`). It sees one row at a time and says what is wrong with it;
a rule that compares rows remembers what it needs, within a bound. An *error* means that the row would teach
something false or cannot be trained on; a *warning* asks for a look.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from sftctl.core.errors import ConfigError, DataError, PluginError, did_you_mean
from sftctl.core.examples.promises import Written
from sftctl.core.types import IGNORED, ChatFormat, Example, Json, Message, Tokenizer, call_of, function_of, is_learned

Severity = Literal["error", "warning"]

UNREADABLE, UNREADABLE_SUMMARY = "unreadable-row", "no example can be made of it"
"""The one rule that is no plugin's: it is found by whoever reads the rows, and cannot be ignored."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one row. Printed as `file:line: rule: message`."""

    place: str
    rule: str
    message: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}: {self.message}"


Check = Callable[["LintRow"], Iterable[str]]
"""What is wrong with a row, a short sentence each. It never raises for a row, however strange."""


@dataclass(frozen=True)
class LintRule:
    """A rule by name. `begin()` gives its check for one lint: what it remembers of earlier rows dies with that."""

    name: str
    summary: str
    severity: Severity
    begin: Callable[[], Check]
    needs_model: bool = False
    """Whether it looks at the model's own tokens; without a model it is left out, and the user is told."""


# ---------------------------------------------------------------- a row, as rules see it


class LintCall(NamedTuple):
    """One tool call of a row."""

    message: int
    """The number of the message that it is in, from 1."""
    id: str
    name: str
    arguments: dict[str, Json] | None
    """None if they are not a JSON string that holds an object; `problem` says why."""
    problem: str
    text: str
    """The arguments as they are written."""
    learned: bool
    """False in a message of weight 0: shown, perhaps as a mistake to recover from, but not taught."""


@dataclass(frozen=True, eq=False)
class LintRow:
    """A row with what several rules ask of it, each worked out once."""

    place: str
    example: Example
    chat_format: ChatFormat
    tokenizer: Tokenizer | None = None
    max_length: int | None = None

    @cached_property
    def calls(self) -> tuple[LintCall, ...]:
        """Every tool call, in order."""
        return tuple(
            _lint_call(number, message, call)
            for number, message in enumerate(self.example.messages, 1)
            for call in message.get("tool_calls") or ()
        )

    @cached_property
    def functions(self) -> dict[str, dict[str, Json]]:
        """The declared functions by name; of two with one name, the first."""
        functions: dict[str, dict[str, Json]] = {}
        for tool in self.example.tools:
            function = function_of(tool)
            if function is not None:
                functions.setdefault(function["name"], function)
        return functions

    @cached_property
    def texts(self) -> tuple[tuple[int, str], ...]:
        """Every text that is said, arguments included, with the number of its message, from 1 (0: plain text)."""
        if self.example.text:
            return ((0, self.example.text),)
        said = [(number, text_of(message)) for number, message in enumerate(self.example.messages, 1)]
        said += [(call.message, call.text) for call in self.calls]
        return tuple((number, text) for number, text in said if text)

    @cached_property
    def said(self) -> str:
        """All `texts` in one: what is not in it need not be looked for in each."""
        return "\n".join(text for _, text in self.texts)

    @cached_property
    def pieces(self) -> Written | str:
        """What the ChatFormat makes of the row, a token being what it writes in one piece; or why it cannot."""
        return self._written(Pieces())

    @cached_property
    def written(self) -> Written | str:
        """The same in the model's own tokens; without a model, in pieces."""
        return self._written(self.tokenizer) if self.tokenizer else self.pieces

    @cached_property
    def shown(self) -> tuple[str, str]:
        """All text as the model sees it, tools included: what comes before the last answer, and the rest."""
        if isinstance(self.pieces, str):
            return repr((self.example.messages, self.example.tools)), ""
        ids, labels = self.pieces.rendered.input_ids, self.pieces.rendered.labels
        learned = [index for index, label in enumerate(labels) if label != IGNORED]
        start = learned[-1] if learned else len(ids)
        while start and labels[start - 1] != IGNORED:
            start -= 1
        decode = self.pieces.tokenizer.decode
        return decode(ids[:start], skip_special_tokens=False), decode(ids[start:], skip_special_tokens=False)

    @cached_property
    def fingerprints(self) -> tuple[int, int]:
        """64-bit fingerprints of what is shown before the last answer, and of all."""
        before, rest = (text.encode(errors="surrogatepass") for text in self.shown)
        asked = hashlib.blake2b(before, digest_size=8)
        whole = asked.copy()
        whole.update(rest)
        return int.from_bytes(asked.digest()), int.from_bytes(whole.digest())

    def _written(self, tokenizer: Tokenizer) -> Written | str:
        try:
            return Written(self.example, self.chat_format.render(self.example, tokenizer), self.chat_format, tokenizer)
        except DataError as error:
            return str(error)
        except Exception as error:  # whatever a format does, the row is named
            return f"{type(error).__name__}: {error}"


class Pieces:
    """A stand-in for a tokenizer: each text that is encoded in one piece is one token."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def encode(self, text: str, *, add_special_tokens: bool = False, split_special_tokens: bool = False) -> list[int]:
        return [self._ids.setdefault(text, len(self._ids))] if text else []

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool = False) -> str:
        texts = list(self._ids)
        return "".join([texts[id] for id in token_ids])

    def convert_tokens_to_ids(self, tokens: str) -> int:
        return self._ids.setdefault(tokens, len(self._ids))


def text_of(message: Message) -> str:
    """A message's text, be it a string or in parts; what is not text is passed over."""
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") or part.get("refusal") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _lint_call(number: int, message: Message, call: Message) -> LintCall:
    function = call.get("function") or {}
    text, arguments, problem = function.get("arguments"), None, ""
    if not isinstance(text, str):
        text, problem = "", "they are not a JSON string"
    else:
        try:
            arguments = call_of(call)[1]
        except DataError as error:
            problem = str(error)
    name, id = str(function.get("name", "")), str(call.get("id") or "")
    return LintCall(number, id, name, arguments, problem, text, is_learned(message))


# ---------------------------------------------------------------- linting


class Linter:
    """The checks of one lint; rows go through it in order."""

    def __init__(
        self,
        rules: Iterable[LintRule],
        chat_format: ChatFormat,
        tokenizer: Tokenizer | None = None,
        max_length: int | None = None,
    ) -> None:
        rules = list(rules)
        self.left_out = [rule.name for rule in rules if rule.needs_model and tokenizer is None]
        self._checks = [(rule, rule.begin()) for rule in rules if rule.name not in self.left_out]
        self._setting = (chat_format.fitted(tokenizer) if tokenizer else chat_format, tokenizer, max_length)

    def row(self, place: str, example: Example) -> LintRow:
        """An example as this lint's rules see it."""
        return LintRow(place, example, *self._setting)

    def check(self, place: str, example: Example) -> list[Finding]:
        """What is wrong with one row, in the order of the rules. Raises PluginError when a rule breaks down."""
        row = self.row(place, example)
        findings: list[Finding] = []
        for rule, check in self._checks:
            try:
                for message in check(row):
                    findings.append(Finding(place, rule.name, message, rule.severity))
            except Exception as error:
                raise PluginError(
                    f"Lint rule '{rule.name}' broke down at {place}: {type(error).__name__}: {error}.",
                    f"Leave it out: --ignore {rule.name}.",
                ) from error
        return findings


def findings_of(rows: Iterable[tuple[str, Example]], linter: Linter) -> Iterator[Finding]:
    """What is wrong with each row, as the rows come."""
    for place, example in rows:
        yield from linter.check(place, example)


def choose_rules(
    rules: dict[str, LintRule], select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> dict[str, LintRule]:
    """The rules that are selected (none: all) and not ignored. Raises ConfigError for an unknown name."""
    for name in (*select, *ignore):
        if name not in rules:
            raise ConfigError(f"There is no lint rule '{name}'.", did_you_mean(name, rules))
    return {name: rule for name, rule in rules.items() if (not select or name in select) and name not in ignore}
