"""Docstrings in the three styles that people use."""

import pytest

from sftctl.core.tools.docstrings import read_docstring

GOOGLE = """Move a robot
    along a line.

    It stops at walls.

    Args:
        distance (float): How far,
            in metres: never more than 9.
        speed: How fast.

    Returns:
        bool: whether it moved.
    """
NUMPY = """Move a robot
    along a line.

    It stops at walls.

    Parameters
    ----------
    distance : float
        How far,
        in metres: never more than 9.
    speed
        How fast.

    Returns
    -------
    bool
        Whether it moved.
    """
SPHINX = """Move a robot
    along a line.

    It stops at walls.

    :param float distance: How far,
        in metres: never more than 9.
    :type distance: float
    :param speed: How fast.
    :returns: whether it moved
    """


def documented(text: str) -> object:
    def function() -> None: ...

    function.__doc__ = text
    return function


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_each_style_says_the_same(text: str) -> None:
    summary, parameters = read_docstring(documented(text))
    assert summary == "Move a robot along a line. It stops at walls."
    assert parameters == {"distance": "How far, in metres: never more than 9.", "speed": "How fast."}


@pytest.mark.parametrize(
    ("text", "summary", "parameters"),
    [
        ("", "", {}),
        ("Stop.", "Stop.", {}),
        ("Stop.\n\n    Returns:\n        When it stood.", "Stop.", {}),
        ("Stop.\n\n    Note that it may slide.", "Stop. Note that it may slide.", {}),
        ("Add.\n\n    Parameters\n    ---\n    a, b : int\n        One.", "Add.", {"a": "One.", "b": "One."}),
        ("Say.\n\n    Arguments:\n        text:\n            What to say.", "Say.", {"text": "What to say."}),
        ("Go.\n\n    Args:\n      x: One.\n\n      y: Two.", "Go.", {"x": "One.", "y": "Two."}),
    ],
)  # fmt: skip
def test_odd_ones(text: str, summary: str, parameters: dict[str, str]) -> None:
    assert read_docstring(documented(text)) == (summary, parameters)
