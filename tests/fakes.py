"""Stand-ins for what is slow or unpredictable: an engine that says what it is told to."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sftctl.core.types import Sampling

STOP = "<|im_end|>"


@dataclass
class ScriptedEngine:
    """Answers each prompt with `script(prompt's text)`, token by token, then the stop token."""

    tokenizer: Any
    script: Callable[[str], str]
    pause: float = 0.0
    """Seconds to think about each token."""
    steps: int = 0
    """Tokens given so far, over all streams."""
    samplings: list[Sampling] = field(default_factory=list)

    def stream(self, prompts: Sequence[Sequence[int]], sampling: Sampling) -> Iterator[Sequence[int | None]]:
        self.samplings.append(sampling)
        rows = [self._ids(prompt) for prompt in prompts]
        for step in range(min(sampling.max_tokens, max(map(len, rows)))):
            time.sleep(self.pause)
            self.steps += 1
            yield [row[step] if step < len(row) else None for row in rows]

    def _ids(self, prompt: Sequence[int]) -> list[int]:
        text = self.script(self.tokenizer.decode(prompt))
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return [*ids, self.tokenizer.convert_tokens_to_ids(STOP)]
