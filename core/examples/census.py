"""The proof of cleanliness: what is in the data, counted while it is written, so that no example is held."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from sftctl.core.examples.contents import called_names, plain_name, requests_of, shown_functions, words_of
from sftctl.core.examples.lengths import Lengths
from sftctl.core.lint import Linter, LintRule
from sftctl.core.types import ChatFormat, Example, Json, Toolset


class Census:
    """What is in a file of examples. It grows with how many names there are, not with how many examples."""

    def __init__(self, rules: Iterable[LintRule], chat_format: ChatFormat) -> None:
        self.examples = 0
        self._rules = [rule for rule in rules if not rule.needs_model]  # training itself stops at what those find
        self._linter = Linter(self._rules, chat_format)
        self._found = Counter[str]()
        self._categories, self._called, self._shown = Counter[str](), Counter[str](), Counter[str]()
        self._words = Lengths()
        self._hash = hashlib.sha256()

    def lines(self, examples: Iterable[Example], *watchers: Callable[[Example], None]) -> Iterator[str]:
        """The line of each example, which it is counted for and `watchers` are told of on the way."""
        for example in examples:
            line = example.to_json()
            self._hash.update(f"\n{line}".encode() if self.examples else line.encode())
            self._count(example)
            for watch in watchers:
                watch(example)
            yield line

    def _count(self, example: Example) -> None:
        self.examples += 1
        self._categories[example.category or example.source] += 1
        self._called.update(called_names(example))
        self._shown.update(function["name"] for function in shown_functions(example.tools))
        for request in requests_of(example):
            self._words.add(len(words_of(request)))
        self._found.update({finding.rule for finding in self._linter.check(f"row:{self.examples}", example)})

    def report(self) -> dict[str, Json]:
        """The counts, in an order that depends on them alone."""
        return {
            "examples": self.examples,
            "by_category": dict(sorted(self._categories.items())),
            "calls_by_tool": dict(sorted(self._called.items(), key=lambda item: (-item[1], item[0]))),
            "tools_called": len(self._called),
            "tools_shown": len(self._shown),
            "words_per_request": self._words.summary(),
            "lint": {rule.name: self._rows(rule) for rule in self._rules},
            "sha256": self._hash.hexdigest(),
        }

    def _rows(self, rule: LintRule) -> dict[str, Json]:
        rows = self._found[rule.name]
        return {"rows": rows, "share": rows / self.examples if self.examples else 0.0}


class SplitAudit:
    """Whether training data calls or shows a tool that is held out."""

    def __init__(self, training: Toolset, held_out: Toolset) -> None:
        self._in_training, self._held_out = len(training.tools), held_out.tools
        # what both sides say of a tool tells nothing
        ours = {tool.description for tool in training.tools}
        self._descriptions = {tool.description: tool.name for tool in held_out.tools if tool.description not in ours}
        self._called, self._shown, self._described = set[str](), set[str](), set[str]()

    def add(self, example: Example) -> None:
        self._called.update(called_names(example))
        for function in shown_functions(example.tools):
            self._shown.add(function["name"])
            if name := self._descriptions.get(function.get("description", "")):
                self._described.add(name)

    def report(self) -> dict[str, Json]:
        """How many tools each side has, and the held-out ones that training data has all the same."""
        return {
            "tools_in_training": self._in_training,
            "held_out_tools": [tool.name for tool in self._held_out],
            "compared": "names as shown and called, without case, dots and underscores; descriptions as shown",
            "held_out_called": self._among(self._called),
            "held_out_shown": self._among(self._shown),
            "held_out_described": sorted(self._described),
        }

    def _among(self, names: set[str]) -> list[str]:
        plain = set(map(plain_name, names))
        return [tool.name for tool in self._held_out if plain_name(tool.name) in plain]
