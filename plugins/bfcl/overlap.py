"""How much of our training data occurs in BFCL: proof that the benchmark was not learned by heart."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from sftctl.core.types import Example, Json
from sftctl.plugins.bfcl.data import function_names, questions
from sftctl.plugins.bfcl.install import bfcl_folder

WORDS = 8
"""So many words in a row in common are more than chance, and fewer than a copied question has."""

Gram = tuple[str, ...]


class Shared(NamedTuple):
    """One of our requests and the BFCL question it has most in common with."""

    grams: int
    """How many n-grams of the request occur in the question."""
    request: str
    bfcl_id: str


def overlap(examples: Iterable[Example], cache: Path, n: int = WORDS, worst: int = 10) -> dict[str, Json]:
    """Requests that share `n` words in a row with any BFCL question, and functions named alike.

    All of BFCL is compared, not only what we evaluate on. Case and punctuation do not count. A text of fewer
    than `n` words is one n-gram of its own: it counts if request and question are the same.
    """
    examples = list(examples)
    folder = bfcl_folder(cache)
    requests = sorted({text for example in examples for text in _requests(example)})
    asked = list(questions(folder))
    found = sorted(_shared(requests, asked, n), key=lambda shared: (-shared.grams, shared.request))
    ours = {tool.get("function", tool)["name"] for example in examples for tool in example.tools}
    common = {name.replace(".", "_").casefold() for name in function_names(folder)}
    functions = sorted(name for name in ours if name.replace(".", "_").casefold() in common)
    return {
        "benchmark": folder.name,
        "n": n,
        "requests": len(requests),
        "bfcl_questions": len(asked),
        "overlapping": len(found),
        "overlapping_share": len(found) / len(requests) if requests else 0.0,
        "worst": [shared._asdict() for shared in found[:worst]],
        "functions": len(ours),
        "shared_functions": functions,
    }


def _requests(example: Example) -> Iterable[str]:
    """What users ask in it, or its plain text."""
    if example.text:
        return (example.text,)
    return (str(message.get("content") or "") for message in example.messages if message["role"] == "user")


def _shared(requests: Sequence[str], asked: Sequence[tuple[str, str]], n: int) -> Iterable[Shared]:
    """The requests that share an n-gram with a question, each with the question that it shares most with."""
    where: defaultdict[Gram, set[str]] = defaultdict(set)
    for id, text in asked:
        for gram in grams(text, n):
            where[gram].add(id)
    for request in requests:
        counts: defaultdict[str, int] = defaultdict(int)
        for gram in grams(request, n) & where.keys():
            for id in where[gram]:
                counts[id] += 1
        if counts:
            id = min(counts, key=lambda id: (-counts[id], id))
            yield Shared(counts[id], request, id)


def grams(text: str, n: int) -> set[Gram]:
    """The runs of `n` words of a text; the whole text if it is shorter."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + n]) for start in range(max(1, len(words) - n + 1))} - {()}
