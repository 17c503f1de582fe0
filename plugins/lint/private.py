"""Rules about what should not be learned by heart: keys, passwords, people's addresses. A finding never quotes it."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from sftctl.core.lint import LintRow, LintRule


class Form(NamedTuple):
    """How one kind of key is written."""

    what: str
    marks: tuple[str, ...]
    """A text without any of these has none; looking for them is much quicker than the pattern."""
    pattern: re.Pattern[str]


def _form(what: str, marks: str, pattern: str) -> Form:
    return Form(what, tuple(marks.split()), re.compile(rf"(?<![A-Za-z0-9_]){pattern}"))


PRIVATE_KEY = "a private key"
KEYS = (
    _form("an AWS access key", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _form(
        "a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})"
    ),
    _form("a GitLab token", "glpat-", r"glpat-[\w-]{20,}"),
    _form("a Slack token", "xox", r"xox[abeoprs]-[\w-]{10,}"),
    _form("a Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/services/T\w+/B\w+/\w{16,}"),
    _form("an API key (sk-…)", "sk-", r"sk-(?=[A-Za-z_-]*\d)[\w-]{20,}"),
    _form("a Stripe key", "k_live_", r"[prs]k_live_[A-Za-z0-9]{16,}"),
    _form("a Google API key", "AIza", r"AIza[\w-]{35}"),
    _form("a Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    _form("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _form("a PyPI token", "pypi-", r"pypi-AgE[\w-]{40,}"),
    _form("a SendGrid key", "SG.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    Form(PRIVATE_KEY, ("PRIVATE KEY",), re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    _form("a JSON web token", "eyJ", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
)
MARKS = tuple(mark for form in KEYS for mark in form.marks)
BEARER = re.compile(r"bearer\s+([A-Za-z0-9._~+/-]{20,})", re.IGNORECASE)
ASSIGNED = re.compile(
    r"(pass(?:word|wd|phrase)|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|token|api[_-]?key|access[_-]?key)"
    r"\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?([^\s\"'\\,;&<>{}]{8,})",
    re.IGNORECASE,
)
WITH_PASSWORD = re.compile(r"[a-z][a-z0-9+.]{2,20}://[^\s:/@\"]{1,64}:([^\s:/@\"]{6,64})@", re.IGNORECASE)

EMAIL = re.compile(r"(?:(?<![:\w.+-])|(?<=mailto:))[A-Za-z0-9_.+-]{1,64}@((?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24})\b")
RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)
DIGITS = re.compile(r"(?<![\w.,/=-])(\+?\(?\d[\d ().-]{8,22}\d)(?![\w/-])")
MANY_DIGITS = re.compile(r"\d[\d ().-]{8}")
CARD = re.compile(r"(?:4\d{12}(?:\d{3})?|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12})")
PHONE = re.compile(r"(?:\+\d[\d ().-]{7,18}\d|(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4})")


# ---------------------------------------------------------------- keys


def secrets(row: LintRow) -> Iterator[str]:
    everything = "".join(row.shown)
    if marks := {mark for mark in MARKS if mark in everything}:
        forms = [form for form in KEYS if marks.intersection(form.marks)]
        yield from _found(row, lambda text: _keys(text, forms))
        for what in _keys(json.dumps(row.example.tools), forms):
            yield f"its tools hold {what}"


def credentials(row: LintRow) -> Iterator[str]:
    lowered = row.said.lower()
    if any(mark in lowered for mark in ("bearer", "pass", "pwd", "secret", "token", "key", "://")):
        yield from _found(row, _credentials)


def _keys(text: str, forms: list[Form]) -> Iterator[str]:
    for what, _, pattern in forms:
        for match in pattern.finditer(text):
            if what == PRIVATE_KEY:
                yield what
            elif looks_random(match[0]):
                yield f"{what}, {_masked(match[0])}"


def _credentials(text: str) -> Iterator[str]:
    yield from (f"a bearer token, {_masked(m[1])}" for m in BEARER.finditer(text) if looks_random(m[1]))
    for match in ASSIGNED.finditer(text):
        if looks_random(match[2]):
            yield f"what looks like a value of '{match[1]}' ({len(match[2])} characters)"
    if "://" in text and "@" in text:
        yield from ("an address with a password in it" for m in WITH_PASSWORD.finditer(text) if looks_random(m[1]))


def looks_random(text: str) -> bool:
    """Whether a text is no word and no stand-in for a key: letters, digits, and many different ones.

    Bits per character (Shannon): English words have some 2.5 to 3 at this length, `xxxxxxxx` none.
    """
    if "EXAMPLE" in text.upper() or not re.search(r"\d", text) or not re.search(r"[A-Za-z]", text):
        return False
    counts = Counter(text).values()
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return bits >= min(3.0, 0.85 * math.log2(len(text)))


# ---------------------------------------------------------------- people


def emails(row: LintRow) -> Iterator[str]:
    if "@" in row.said:
        yield from _found(row, _emails)


def phones(row: LintRow) -> Iterator[str]:
    if _has_long_number(row):
        yield from _found(row, _phones)


def cards(row: LintRow) -> Iterator[str]:
    if _has_long_number(row):
        yield from _found(row, _cards)


@lru_cache(maxsize=1)  # two rules ask it of one row after the other
def _has_long_number(row: LintRow) -> bool:
    return MANY_DIGITS.search(row.said) is not None


def _emails(text: str) -> Iterator[str]:
    for match in EMAIL.finditer(text):
        if not RESERVED.search(match[1]):
            yield f"an e-mail address, {match[0][0]}…@{match[1]}"


def _phones(text: str) -> Iterator[str]:
    for match in DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match[1])
        fictitious = re.fullmatch(r"1?\d{3}55501\d\d", digits)  # reserved for stories
        if len(digits) <= 15 and PHONE.fullmatch(match[1]) and not fictitious:
            yield f"a phone number, …{digits[-2:]}"


def _cards(text: str) -> Iterator[str]:
    for match in DIGITS.finditer(text):
        digits = re.sub(r"[ -]", "", match[1])
        if CARD.fullmatch(digits) and luhn(digits):
            yield f"a card number, …{digits[-4:]}"


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right."""
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


# ---------------------------------------------------------------- telling


def _found(row: LintRow, find: Callable[[str], Iterator[str]]) -> Iterator[str]:
    """What is found in each text, each thing once."""
    told: set[str] = set()
    for number, text in row.texts:
        for what in find(text):
            if what not in told:
                told.add(what)
                yield f"message {number} holds {what}" if number else f"it holds {what}"


def _masked(secret: str) -> str:
    return f"{secret[:4]}… ({len(secret)} characters)"


RULES = (
    LintRule("secret", "a key in a well-known form, a private key, a JSON web token", "error", lambda: secrets),
    LintRule("credential", "what looks like a password or a token", "warning", lambda: credentials),
    LintRule("email-address", "an e-mail address, unless of a reserved domain", "warning", lambda: emails),
    LintRule("phone-number", "a phone number", "warning", lambda: phones),
    LintRule("card-number", "a credit-card number with the right check digit", "warning", lambda: cards),
)
