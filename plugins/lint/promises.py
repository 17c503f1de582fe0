"""Rules about what training gets of a row: the ChatFormat's text, and with a model its tokens."""

from collections.abc import Iterator

from sftctl.core.examples.promises import PROMISES, Written
from sftctl.core.lint import LintRow, LintRule
from sftctl.core.text import counted
from sftctl.core.types import IGNORED


def unrenderable(row: LintRow) -> Iterator[str]:
    if isinstance(row.written, str):
        yield f"'{row.chat_format.name}' cannot write it: {row.written.rstrip('.')}"


def _promise(name: str, summary: str, needs_model: bool = False) -> LintRule:
    """The rule for one promise of `core.examples.promises`."""

    def check(row: LintRow) -> Iterator[str]:
        if isinstance(row.written, Written) and (problem := PROMISES[name](row.written)):
            yield problem

    return LintRule(name, summary, "error", lambda: check, needs_model)


def too_long(row: LintRow) -> Iterator[str]:
    """Training leaves such a row out whole; this tells what cutting it, as others do, would lose."""
    if row.max_length is None or isinstance(row.written, str):
        return
    labels, limit = row.written.rendered.labels, row.max_length
    if len(labels) <= limit:
        return
    learned = [index for index, label in enumerate(labels) if label != IGNORED]
    lost = sum(index >= limit for index in learned)
    inside = labels[limit - 1] != IGNORED and labels[limit] != IGNORED
    where = f", and end inside {_what_is_cut(row.written, limit)}" if inside else ""
    yield (
        f"{counted(len(labels), 'token')}, {len(labels) - limit} over max_length={limit}; training leaves it out. "
        f"Cut, it would lose {lost} of {len(learned)} learned tokens{where}"
    )


def _what_is_cut(written: Written, limit: int) -> str:
    """What the assistant's turn that `limit` falls in has begun there."""
    start = limit
    while start and written.rendered.labels[start - 1] != IGNORED:
        start -= 1
    turn = written.tokenizer.decode(written.rendered.input_ids[start:limit], skip_special_tokens=False)
    return "a call" if written.chat_format.call_start in turn else "an answer"


RULES = (
    LintRule("unrenderable", "the ChatFormat cannot write it without changing it", "error", lambda: unrenderable),
    _promise("nothing-to-learn", "no token carries loss"),
    _promise("tool-not-shown", "a declared tool is not in the prompt"),
    _promise("unlearned-stop", "an answer does not learn to stop", needs_model=True),
    _promise("misread-answer", "an answer does not read back as itself", needs_model=True),
    LintRule("too-long", "more tokens than `--max-length`; training leaves it out", "error", lambda: too_long, True),
)
