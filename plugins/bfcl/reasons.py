"""What the official checker finds wrong, in the words that we have for mistakes."""

from sftctl.core.types import Json

MISTAKES = {
    "malformed": "a call that cannot be read",
    "cut_off": "a call that was not finished: the answer reached max_tokens",
    "no_call": "no call where one was due",
    "called_when_none_fits": "a call where no tool fits",
    "missing_call": "fewer calls than were asked for",
    "extra_call": "more calls than were asked for",
    "wrong_tool": "another tool than the right one",
    "missing_argument": "an argument left out",
    "extra_argument": "an argument that the tool does not have",
    "wrong_type": 'a value of another type, as "5" for 5',
    "wrong_value": "a wrong value",
    "unreadable_value": "an answer at which the official checker itself fails",
    "wrong_state": "calls that leave things in another state than they should",
    "wrong_result": "calls that do not give the results that they should",
    "wrong_order": "calls that were not made in the order that was due",
    "endless": "more steps in one turn than the benchmark allows",
    "failed": "an answer that could not be had",
    "wrong": "what the official checker gives no reason for",
}

OF_ENDING = {
    "decoder_success": "called_when_none_fits",
    "wrong_func_name": "wrong_tool",
    "missing_required": "missing_argument",
    "missing_optional": "missing_argument",
    "unexpected_param": "extra_argument",
    "unclear": "wrong_value",
    "empty_turn_model_response": "no_call",
    "instance_state_mismatch": "wrong_state",
    "execution_response_mismatch": "wrong_result",
    "method_invoke_order_mismatch": "wrong_order",
    "force_terminated": "endless",
    "inference_error": "failed",
}
"""What an official type of error ends with → our kind."""
OF_BEGINNING = {"type_error": "wrong_type", "value_error": "wrong_value", "checker_crashed": "unreadable_value"}
"""What one begins with, where its ending says only of what type the value was."""


FINEST_FIRST = ("wrong_value", "wrong_type", "missing_argument", "extra_argument", "wrong_tool")
"""Of several calls that are not the one due, the one with the finest mistake is nearest to it."""


def kind_of(official: str, expected: Json, answered: Json, error: Json = None) -> str:
    """Our kind for an official type of error, e.g. `missing_argument` for `simple_function_checker:missing_required`.

    What the official checker calls alike is told apart: no call and an unreadable one, too few calls and too many, by
    the answer; and where one of several calls due was not made, by what is wrong with the nearest that was, in `error`.
    """
    if nearest := _nearest(error):
        return nearest[0]
    beginning, ending = official.split(":")[0], official.split(":")[-1]
    calls = answered if isinstance(answered, list) else []
    if ending in ("decoder_failed", "decoder_wrong_output_format"):
        return "malformed" if calls else "no_call"
    if ending == "wrong_count":
        due = len(expected) if isinstance(expected, list) else 1
        return "missing_call" if len(calls) < due else "extra_call"
    return OF_BEGINNING.get(beginning) or OF_ENDING.get(ending, "wrong")


def detail_of(official: str, error: Json) -> str:
    """The official type of error and the official words, on one line."""
    while isinstance(error, dict):  # several turns wrap what one turn has
        error = error.get("error") or error.get("error_message") or ""
    nearest = _nearest(error)
    words = error if isinstance(error, list) else [error]
    text = next((word for word in (nearest[1] if nearest else words) if isinstance(word, str) and word), "")
    return ": ".join(filter(None, [official, " ".join(text.split())[:300]]))


def _nearest(error: Json) -> tuple[str, list[Json]] | None:
    """Of the calls that were made, what is wrong with the one that is nearest to the one due: our kind, their words."""
    tried = (
        [each for part in error if isinstance(part, dict) for each in part.values()] if isinstance(error, list) else []
    )
    found = [(kind_of(each["sub_error_type"], None, None), each["sub_error"]) for each in tried]
    return min(found, key=lambda each: FINEST_FIRST.index(each[0]), default=None)
