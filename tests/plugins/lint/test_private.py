"""Rules about secrets and people. The keys here are made up at run time, so that no scanner takes them for real."""

import random
import string

import pytest
from rows import calls, example, found, lint, says, tool, user

from sftctl.core.types import Example
from sftctl.plugins.lint.private import luhn

LETTERS = string.ascii_letters + string.digits


def noise(length: int, letters: str = LETTERS) -> str:
    made = random.Random(length).choices(letters, k=length - 2)
    return "".join([*made, "7", letters[0]])


UPPER = string.ascii_uppercase + string.digits
SECRETS = {
    "an AWS access key": "AKIA" + noise(16, UPPER),
    "a GitHub token": "ghp_" + noise(36),
    "a GitLab token": "glpat-" + noise(20),
    "a Slack token": "xoxb-" + noise(24),
    "a Slack webhook": f"https://hooks.slack.com/services/T{noise(8)}/B{noise(8)}/{noise(24)}",
    "an API key (sk-…)": "sk-proj-" + noise(40),
    "a Stripe key": "sk_live_" + noise(24),
    "a Google API key": "AIza" + noise(35),
    "a Hugging Face token": "hf_" + noise(34),
    "an npm token": "npm_" + noise(36),
    "a PyPI token": "pypi-AgE" + noise(60),
    "a SendGrid key": f"SG.{noise(22)}.{noise(43)}",
    "a JSON web token": f"eyJ{noise(20)}.eyJ{noise(40)}.{noise(43)}",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\n" + noise(64),
}


def asks(text: str) -> Example:
    return example(user(text), says())


@pytest.mark.parametrize(("what", "secret"), SECRETS.items(), ids=SECRETS)
def test_a_secret_is_found_wherever_it_is_and_never_quoted(what: str, secret: str) -> None:
    properties = {"key": {"type": "string", "default": secret}}
    places = {
        "message 1 holds": asks(f"My key is {secret}."),
        "message 2 holds": example(user(), calls(("wait", {"key": secret})), tools=(tool("wait", {}),)),
        "its tools hold": example(user(), says(), tools=(tool("wait", {"properties": properties}),)),
    }
    for place, row in places.items():
        findings = lint(row, only="secret")
        assert [finding.severity for finding in findings] == ["error"]
        assert findings[0].message.startswith(f"{place} {what}")
        assert secret[6:] not in findings[0].message


@pytest.mark.parametrize(
    "harmless",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "sk-" + "x" * 40,
        "a task-management-system-for-2-people",
        "ghp_" + "0" * 36,
        "eyJ",
        "-----BEGIN PUBLIC KEY-----",
        "The token is a coin. password: ask Ann. secret = whatever",
        'api_key="<your key here>"',
        "Bearer of bad news, internationalization",
        "https://example.org/path:with@sign",
    ],
)
def test_what_only_looks_like_a_secret_is_let_be(harmless: str) -> None:
    assert found(asks(harmless)) == []


@pytest.mark.parametrize(
    "text",
    [
        f"password={noise(14)}",
        f'{{"api_key": "{noise(20)}"}}',
        f"Authorization: Bearer {noise(30)}",
        f"AWS_SECRET_ACCESS_KEY = {noise(40)}",
        f"postgres://ann:{noise(12)}@db.internal/shop",
    ],
)
def test_a_credential_is_a_warning_and_never_quoted(text: str) -> None:
    (finding,) = lint(asks(text))
    assert (finding.rule, finding.severity) == ("credential", "warning")
    assert not any(word in finding.message for word in (noise(14), noise(20), noise(30), noise(40), noise(12)))


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        ("Write to ann.lee@mail.org.", "email-address", "message 1 holds an e-mail address, a…@mail.org"),
        ("Call +47 22 12 34 56 now", "phone-number", "a phone number, …56"),
        ("Call (212) 664-7665 now", "phone-number", "a phone number, …65"),
        ("Call 212-664-7665.", "phone-number", "a phone number, …65"),
        ("Pay with 4539 1488 0343 6467, please", "card-number", "a card number, …6467"),
        ("Pay with 371449635398431.", "card-number", "a card number, …8431"),
    ],
)
def test_people_are_warned_of(text: str, rule: str, message: str) -> None:
    (finding,) = lint(asks(text))
    assert (finding.rule, finding.severity) == (rule, "warning")
    assert message in finding.message


@pytest.mark.parametrize(
    "harmless",
    [
        "Write to ann@example.com or bob@shop.test.",
        "Call 212-555-0123.",
        "It was 2026-03-14 10:30, then 2026-03-15.",
        "Order 4539 1488 0343 6468 of 1234567890123",
        "The sum is 3.14159265358979 or 1,234,567,890.",
        "From 192.168.100.200 at 59.9139 10.7522",
    ],
)
def test_what_only_looks_like_people_is_let_be(harmless: str) -> None:
    assert found(asks(harmless)) == []


def test_one_thing_is_told_once() -> None:
    row = example(user("a.b@mail.org a.b@mail.org"), says("a.b@mail.org"))
    assert found(row) == ["f:1 email-address"]


def test_luhn() -> None:
    assert luhn("79927398713") and not luhn("79927398710")
