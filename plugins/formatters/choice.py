"""`choice`: a question, several answers, and which one is right (PIQA, HellaSwag, ARC): the right one is learned."""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import found, items, lacking, text
from sftctl.plugins.formatters.dialogue import one_turn

QUESTION = ("question", "goal", "ctx", "context", "query", "prompt")
CHOICES = ("choices", "endings", "options")
SOLUTIONS = ("sol1", "sol2")
LABEL = ("label", "answerKey", "answer_idx", "gold", "answer")
LETTERS = "ABCDEFGH"


def to_example(row: Mapping[str, Json]) -> Example:
    """The question asks, the right choice answers. Raises DataError where it is not said which one is right."""
    choices, right = choices_of(row)
    return one_turn("", text(row, *QUESTION), choices[right].strip())


def choices_of(row: Mapping[str, Json]) -> tuple[list[str], int]:
    """The choices, and the index of the right one: of its number or label or, if none is meant, of its text.

    Raises DataError where that is not said, or where an `answer` may be the number of one and the text of another.
    """
    choices, labels, own = _choices(row)
    name = found(row, LABEL)
    if name is None or row[name] == "":
        raise DataError(f"it has no '{LABEL[0]}' that says which of its {len(choices)} answers is right")
    label = str(row[name])
    meant = [names.index(label) for names in (labels, choices) if label in names]
    if not meant:
        raise DataError(f"its '{name}' is {label}, which is none of its answers ({', '.join(labels)})")
    if name == "answer" and isinstance(row[name], str) and not own and meant[0] != meant[-1]:
        raise DataError(f"its 'answer' is {label}, which is the text of one choice and the number of another")
    return choices, meant[0]


def _choices(row: Mapping[str, Json]) -> tuple[list[str], list[str], bool]:
    """The choices, and what each is called: its own label, or its number from 0; whether the labels are its own."""
    if found(row, SOLUTIONS):
        return [text(row, name) for name in SOLUTIONS], ["0", "1"], False
    name = found(row, CHOICES)
    if name is None:
        raise DataError(lacking(CHOICES))
    value = row[name]
    own = isinstance(value, Mapping)
    if own and "text" in value:
        choices, labels = items(value["text"], f"'{name}.text'"), items(value.get("label"), f"'{name}.label'")
    elif own:
        labels = [label for label in value if value[label] is not None]
        choices = [value[label] for label in labels]
    else:
        choices = items(value, f"'{name}'")
        lettered = str(row.get(found(row, LABEL) or "")) in set(LETTERS)
        labels = list(LETTERS) if lettered else list(range(len(choices)))
    if not all(isinstance(choice, str) for choice in choices) or len(labels) < len(choices):
        raise DataError(f"'{name}' must be a list of texts")
    return choices, [str(label) for label in labels[: len(choices)]], own


FORMATTER = Formatter(
    "choice",
    "a question with several answers (PIQA, HellaSwag, ARC): the right one is learned",
    lambda row: found(row, QUESTION) is not None and found(row, (*SOLUTIONS, *CHOICES)) is not None,
    to_example,
    (QUESTION, CHOICES, *SOLUTIONS, LABEL),
)
