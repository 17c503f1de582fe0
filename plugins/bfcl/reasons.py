"""What the official checker finds wrong, in the words that we have for mistakes."""

from collections import Counter
from collections.abc import Sequence

from sftctl.core.types import Json
from sftctl.plugins.bfcl.calls import Call, again, calls_in, finer, likeness

MISTAKES = {
    "malformed": "a call that cannot be read",
    "cut_off": "a call that was not finished: the answer reached max_tokens",
    "no_call": "no call where one was due",
    "called_when_none_fits": "a call where no tool fits",
    "hallucinated_call": "calls of the right tools, and another one that nobody asked for",
    "wrong_case": "a name right but for upper and lower case",
    "unknown_tool": "a call of a tool that was not offered",
    "missing_call": "fewer calls than were asked for, or one again in another's place",
    "extra_call": "more calls than were asked for",
    "wrong_tool": "another tool than the right one",
    "misnamed_argument": "a right value under a name that the tool does not have",
    "missing_argument": "an argument left out",
    "extra_argument": "an argument that the tool does not have",
    "swapped_values": "the right values, in each other's place",
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
"""Of several calls that are equally like the one due, the one with the finest mistake is nearest to it."""


def kind_of(official: str, expected: Json, answered: Json, error: Json = None, offered: Sequence[str] = ()) -> str:
    """Our kind for an official type of error, e.g. `missing_argument` for `simple_function_checker:missing_required`.

    What the official checker calls alike is told apart by the answer: no call and an unreadable one, too few calls and
    too many, values that are wrong and those that are swapped. Where one of several calls due was not made, it is
    what is wrong with the nearest that was, in `error`. `offered` are the names of the tools.
    """
    if nearest := _nearest(error):
        if again(calls_in(expected), calls_in(answered)):
            return "missing_call"
        kind, _, due, made = nearest
        return finer(kind, due, made, offered)
    beginning, ending = official.split(":")[0], official.split(":")[-1]
    calls = answered if isinstance(answered, list) else []
    if ending in ("decoder_failed", "decoder_wrong_output_format"):
        return "malformed" if calls else "no_call"
    if ending == "wrong_count":
        return _of_count(expected, answered)
    kind = OF_BEGINNING.get(beginning) or OF_ENDING.get(ending, "wrong")
    wanted, made_calls = calls_in(expected), calls_in(answered)
    return finer(kind, wanted[0], made_calls[0], offered) if len(wanted) == len(made_calls) == 1 else kind


def _of_count(expected: Json, answered: Json) -> str:
    calls = answered if isinstance(answered, list) else []
    due = len(expected) if isinstance(expected, list) else 1
    if len(calls) <= due:
        return "missing_call" if calls else "no_call"
    wanted, made = (Counter(name for name, _ in calls_in(side)) for side in (expected, answered))
    return "hallucinated_call" if wanted <= made and made.keys() - wanted.keys() else "extra_call"


def detail_of(official: str, error: Json) -> str:
    """The official type of error and the official words, on one line."""
    while isinstance(error, dict):  # several turns wrap what one turn has
        error = error.get("error") or error.get("error_message") or ""
    nearest = _nearest(error)
    words = error if isinstance(error, list) else [error]
    text = next((word for word in (nearest[1] if nearest else words) if isinstance(word, str) and word), "")
    return ": ".join(filter(None, [official, " ".join(text.split())[:300]]))


def _nearest(error: Json) -> tuple[str, list[Json], Call, Call] | None:
    """Of the calls that were made, the one nearest to the one due: our kind of its mistake, their words, and both."""
    tried = (
        [each for part in error if isinstance(part, dict) for each in part.values()] if isinstance(error, list) else []
    )
    found = [(kind_of(each["sub_error_type"], None, None), each["sub_error"], *_both(each)) for each in tried]
    return min(found, key=lambda each: (-likeness(*each[2:]), FINEST_FIRST.index(each[0])), default=None)


def _both(tried: dict[str, Json]) -> tuple[Call, Call]:
    """The call that is due and the one that was made."""
    sides = (calls_in([tried.get(side)]) for side in ("possible_answer_item", "model_output_item"))
    due, made = (next(iter(calls), ("", {})) for calls in sides)
    return due, made
