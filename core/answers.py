"""What a model has answered: kept as it comes, so that whoever was killed, or asks again, asks only for the rest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sftctl.core.store import JsonLines, clear_errors
from sftctl.core.types import Answer, Json, record

Logprobs = tuple[float, ...]


@dataclass
class AnswerFile:
    """Answers, and likelihoods of texts, in a JSONL file, each by a key of all that decides it.

    A damaged line is an answer that is not there. Raises StoreError where the file cannot be read or written.
    """

    path: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    logprobs: dict[str, Logprobs] = field(default_factory=dict)
    """Natural log-probabilities, as `core.types.Logprobs` gives them of one text."""
    _lines: JsonLines | None = None

    def __post_init__(self) -> None:
        for key, value in _read(self.path):
            self._know(key, value)

    def keep(self, key: str, value: Answer | Logprobs, **more: Json) -> None:
        """Write it down at once, with `more` for people to read. A refusal is not kept: nothing was paid for it."""
        if isinstance(value, Answer) and value.refused:
            return
        if self._lines is None:
            with clear_errors(str(self.path)):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._lines = JsonLines(self.path)
        row = asdict(value) if isinstance(value, Answer) else {"logprobs": value}
        self._lines.append({"key": key, **more, **row})
        self._know(key, value)

    def remove(self) -> None:
        """Nobody will ask again."""
        with clear_errors(str(self.path), "removed"):
            self.path.unlink(missing_ok=True)

    def _know(self, key: str, value: Answer | Logprobs) -> None:
        if isinstance(value, Answer):
            self.answers[key] = value
        else:
            self.logprobs[key] = value


def _read(path: Path) -> Iterator[tuple[str, Answer | Logprobs]]:
    if not path.exists():
        return
    with clear_errors(str(path), "read"), path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                row = json.loads(line)
                key, _ = str(row.pop("key")), row.pop("model", None)
                yield key, tuple(map(float, row["logprobs"])) if "logprobs" in row else _answer(row)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue


def _answer(row: Mapping[str, Json]) -> Answer:
    """Raises TypeError, KeyError or ValueError where the line is none, or one whose calls nobody could read."""
    answer = record(Answer, row)
    content, calls = answer.message.get("content"), answer.message.get("tool_calls") or ()
    spelled = [call["function"][part] for call in calls for part in ("name", "arguments")]
    if not all(isinstance(text, str) for text in (content or "", *spelled)):
        raise TypeError
    return answer
