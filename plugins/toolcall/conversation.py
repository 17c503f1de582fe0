"""Conversations without tools, so that a model that learns when not to call does not forget to answer.

All that it learns of plain requests would else be refusals. The questions and answers are written for this project, in
`conversations.jsonl`: short ones, as a small model says them.
"""

import json
import random
from functools import cache
from pathlib import Path

from sftctl.core.types import Message

FILE = Path(__file__).with_name("conversations.jsonl")


@cache
def conversations() -> tuple[tuple[str, str], ...]:
    """Questions with their answers."""
    rows = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return tuple((row["question"], row["answer"]) for row in rows)


def conversation(rng: random.Random) -> tuple[Message, ...]:
    """A user's turn, and the assistant's."""
    question, answer = rng.choice(conversations())
    return ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
