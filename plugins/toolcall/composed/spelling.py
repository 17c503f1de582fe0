"""Spelling: how the functions and parameters of a composed tool are named."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sftctl.plugins.toolcall.composed.attributes import Attribute

_SHORT = {
    "number": "num", "amount": "amt", "quantity": "qty", "date": "dt", "description": "desc", "minutes": "mins",
    "temperature": "temp", "average": "avg", "duration": "dur", "language": "lang", "category": "cat",
    "department": "dept", "reference": "ref", "time": "t", "departure": "dep", "arrival": "arr", "message": "msg",
    "customer": "cust", "position": "pos", "address": "addr", "distance": "dist",
}  # fmt: skip
_UNITS = {"kg": "kg", "km": "km", "cm": "cm", "minutes": "min", "dollars": "usd", "meters": "m", "percent": "pct"}
_SETTINGS = {
    "results": ("limit", "max_results", "top_n", "n", "page_size"),
    "order": ("sort_by", "order", "sort_order", "order_by"),
    "archived": ("include_archived", "with_archive", "archived"),
    "notify": ("notify", "send_notification", "notify_all"),
    "comment": ("comment", "note", "remark"),
    "format": ("format", "file_format", "output_format", "file_type"),
    "recipients": ("recipients", "share_with", "to", "emails"),
    "person": ("person", "assignee", "new_owner"),
    "stars": ("stars", "rating", "score"),
    "copies": ("copies", "num_copies", "times"),
    "field": ("field", "attribute", "column"),
    "criterion": ("criterion", "sort_by", "rank_by", "by"),
    "statistic": ("statistic", "function", "metric", "aggregate"),
    "group_by": ("group_by", "grouped_by", "per"),
    "channel": ("channel", "notify_via", "medium"),
    "aspect": ("aspect", "compare_by", "dimension"),
    "labels": ("labels", "new_tags", "tag_list"),
    "date": ("date", "day", "on"),
    "time": ("time", "start_time", "at"),
}
"""What settings of actions are called; the first one most often."""

_SHAPES = {"verb_noun": 0.60, "noun_verb": 0.15, "noun.verb": 0.08, "domain_verb_noun": 0.10, "domain.verb_noun": 0.07}


@dataclass(frozen=True)
class Spelling:
    """One way of spelling, kept throughout a tool."""

    camel: bool
    short: bool
    """Whether words are abbreviated."""
    units: bool
    """Whether a parameter is named after its unit, too."""
    prefixed: bool
    """Whether a parameter is named after the thing, too."""
    shape: str
    """Order and glue of a function's name."""

    @classmethod
    def drawn(cls, rng: random.Random) -> "Spelling":
        shape = rng.choices(
            ("verb_noun", "noun_verb", "noun.verb", "domain_verb_noun", "domain.verb_noun"), (60, 15, 8, 10, 7)
        )[0]
        return cls(rng.random() < 0.22, rng.random() < 0.1, rng.random() < 0.2, rng.random() < 0.07, shape)

    def function(self, verb: str, noun: str, domain: str, rng: random.Random) -> str:
        """The name of a function."""
        verb, noun = _joined(verb), _joined(noun)
        name = self.shape.replace("verb", "\0").replace("noun", noun).replace("domain", domain).replace("\0", verb)
        if rng.random() < 0.06:
            name += rng.choice(("_v2", "_tool", "_by_criteria", "_api", "_now"))
        return _camel(name) if self.camel else name

    def names(self, attributes: Sequence[Attribute], thing: str, rng: random.Random) -> dict[str, str]:
        """Slot → name of the parameter, all different."""
        names: dict[str, str] = {}
        for attribute in attributes:
            name = self._name(attribute, thing, rng)
            if self._cased(name) in names.values():
                name = f"{_joined(thing)}_{name}"
            names[attribute.slot] = self._cased(name)
        return names

    def _name(self, attribute: Attribute, thing: str, rng: random.Random) -> str:
        slot, thing = attribute.slot, _joined(thing)
        if slot == "key":
            return rng.choice((f"{thing}_id", thing, "id", f"{thing}_ref", "key"))
        if slot == "keys":
            return rng.choice((f"{thing}_ids", "ids", "items", f"{thing}_list"))
        if slot in ("first", "second"):
            return (
                f"{thing}_{1 if slot == 'first' else 2}" if self.units else f"{slot}_{thing}" if self.prefixed else slot
            )
        if slot in _SETTINGS:
            return rng.choice(_SETTINGS[slot]) if rng.random() < 0.7 else _SETTINGS[slot][0]
        words = _joined(attribute.noun).split("_")
        if self.short:
            words = [_SHORT.get(word, word) for word in words]
        name = "_".join(words)
        if attribute.unit == "#" and "min" not in words and "max" not in words:
            name = rng.choice((name, f"num_{name}", f"number_of_{name}", f"{name}_count"))
        if self.units and attribute.unit in _UNITS:
            name = f"{name}_{_UNITS[attribute.unit]}"
        return f"{thing}_{name}" if self.prefixed else name

    def _cased(self, name: str) -> str:
        return _camel(name) if self.camel else name


def _joined(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
