"""Patience with an endpoint: which failures may be gone at the next try, how long to wait, and what to say of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the second try, doubled for each further one, where the endpoint names no time."""
LONGEST_WAIT = 120.0
"""Seconds; an endpoint that asks for more patience than that is taken as failing."""
SECRET = 12
"""Characters; a shorter key is a word in place of one, as `none` or `EMPTY`, and a model may say that word."""
PASSING = (408, 409, 425, 429)
"""HTTP statuses that may be gone at the next try, besides all from 500 on."""


class Garbled(Exception):
    """An answer with status 200 that is no chat completion."""


class Failed(Exception):
    """There is no answer, after as many tries as make sense; `cause` is what the last one met."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def patiently(
    ask: Callable[[], Awaitable[T]], timeout: float, retries: int, mends: Callable[[Exception], bool]
) -> T:
    """What `ask` gives, each try within `timeout` seconds. Raises Failed.

    `mends` is told of each error: where it has changed what is asked, that is no try.
    """
    from openai import OpenAIError

    tries = 0
    while True:
        try:
            async with asyncio.timeout(timeout):  # httpx limits each read, not the whole
                return await ask()
        except (TimeoutError, OpenAIError, Garbled) as error:
            if mends(error):
                continue
            wait = pause(error, tries)
            if tries == retries or wait is None:
                raise Failed(error) from None
            tries += 1
            await asyncio.sleep(wait)


def pause(error: Exception, tries: int) -> float | None:
    """Seconds to wait before the next try; None where another try would be in vain."""
    from openai import APIStatusError

    if isinstance(error, APIStatusError):
        if error.status_code not in PASSING and error.status_code < 500:
            return None
        asked = _retry_after(error.response.headers.get("retry-after", ""))
        if asked is not None:
            return asked if asked <= LONGEST_WAIT else None
    return min(FIRST_PAUSE * 2.0**tries, LONGEST_PAUSE) * random.uniform(0.75, 1.0)  # not all at the same moment


def reason_of(error: Exception, key: str, timeout: float) -> str:
    """What went wrong, in a few words that never hold the key."""
    from openai import APIStatusError, APITimeoutError

    if isinstance(error, TimeoutError | APITimeoutError):
        return f"no answer within {timeout:g} s"
    detail = error.response.text if isinstance(error, APIStatusError) else error.__cause__
    reason = str(getattr(error, "message", error))
    reason += f" ({detail})" if detail and str(detail) not in reason else ""
    return " ".join(without(key, reason).split())[:300].rstrip(".")


def without(key: str, text: str) -> str:
    return text.replace(key, "***") if key else text


def said_without(key: str, text: str) -> str:
    """What a model says, without a key that an endpoint repeats."""
    return without(key, text) if len(key) >= SECRET else text


def _retry_after(header: str) -> float | None:
    """Seconds that the header asks to wait: it holds a number, or a date."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
