"""ChatFormats that break one promise each."""

from dataclasses import dataclass

from sftctl.core.types import IGNORED, Example, Message, Rendered, Tokenizer
from sftctl.plugins.hermes import STOP, Hermes


@dataclass(frozen=True)
class NoTools(Hermes):
    def render(self, example: Example, tokenizer: Tokenizer) -> Rendered:
        return super().render(Example(example.messages), tokenizer)


@dataclass(frozen=True)
class NoStop(Hermes):
    def render(self, example: Example, tokenizer: Tokenizer) -> Rendered:
        rendered = super().render(example, tokenizer)
        stop = tokenizer.convert_tokens_to_ids(STOP)
        return Rendered(rendered.input_ids, [IGNORED if label == stop else label for label in rendered.labels])


@dataclass(frozen=True)
class NoLabels(Hermes):
    def render(self, example: Example, tokenizer: Tokenizer) -> Rendered:
        ids = super().render(example, tokenizer).input_ids
        return Rendered(ids, [IGNORED] * len(ids))


@dataclass(frozen=True)
class Deaf(Hermes):
    def parse(self, text: str) -> Message:
        return {"role": "assistant", "content": text}
