"""JSON as it comes from outside: only what can be spelled again."""

import pytest

from sftctl.core.errors import DataError
from sftctl.core.types import MAX_DEPTH, Sampling, call_of, strict_json

DEEP = "[" * MAX_DEPTH + "]" * MAX_DEPTH


@pytest.mark.parametrize(
    "text", ["1", '{"a": [null, 1.5, "日"]}', b'"\xe6\x97\xa5"', '"\\ud83d\\udc4b"', DEEP, "9" * 400]
)
def test_what_can_be_spelled_again_is_read(text: str | bytes) -> None:
    strict_json(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting"),
        ("NaN", "not JSON compliant"),
        ("[-Infinity]", "not JSON compliant"),
        ("1e999", "not JSON compliant"),
        ('{"\\ud800": 1}', "surrogates not allowed"),
        (b'"\xff"', "decode"),
        ("9" * 5000, "digits"),
        (f"[{DEEP}]", "nested deeper than 100 levels"),
        (f'{{"a": {DEEP}}}', "nested deeper than 100 levels"),
        ("[" * 100_000, "nested deeper than 100 levels"),
    ],
)
def test_what_cannot_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        strict_json(text)
    if isinstance(text, str):
        with pytest.raises(DataError, match="arguments of the call to 'f' are no JSON"):
            call_of({"function": {"name": "f", "arguments": text}})


def test_temperatures_near_zero_are_greedy() -> None:
    assert [Sampling(temperature=value).greedy for value in (0, 5e-324, 9e-6, 1e-5, 1)] == [True] * 3 + [False] * 2
