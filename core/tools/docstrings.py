"""What a docstring says: a summary, and a description of each parameter.

Known are Google's sections, numpy's underlined ones and Sphinx's fields.
"""

import inspect
import re
from collections.abc import Iterator

_PARAMETERS = ("args", "arguments", "parameters", "params", "other parameters", "keyword args", "attributes")
_SECTIONS = (*_PARAMETERS, "returns", "yields", "raises", "examples", "example", "notes", "note", "see also", "warns",
             "references", "warnings", "todo")  # fmt: skip
_GOOGLE = re.compile(r"\s+\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_NUMPY = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?")
_SPHINX = re.compile(r":(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?\*{0,2}(\w+)\s*:\s*(.*)")
_FIELD = re.compile(r":\w+[^:]*:")


def read_docstring(documented: object) -> tuple[str, dict[str, str]]:
    """Summary (all that stands before the first section, on one line) and parameter descriptions."""
    lines = (inspect.getdoc(documented) or "").splitlines()
    end = next((i for i in range(len(lines)) if _section(lines, i)[0] or _FIELD.match(lines[i])), len(lines))
    summary = " ".join(" ".join(lines[:end]).split())
    described = dict(_sphinx(lines[end:]))
    for number in range(end, len(lines)):
        style, title = _section(lines, number)
        if title in _PARAMETERS:
            described |= dict(_google(lines[number + 1 :]) if style == "google" else _numpy(lines, number + 2))
    return summary, described


def _section(lines: list[str], number: int) -> tuple[str, str]:
    """Style and title of the section that begins on this line; nothing where none does."""
    line = lines[number]
    title = line.rstrip().rstrip(":").lower()
    if title not in _SECTIONS or line.startswith(" "):
        return "", ""
    if number + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[number + 1].strip()):
        return "numpy", title
    return ("google", title) if line.rstrip().endswith(":") else ("", "")


def _google(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Name and description of each entry of an indented section."""
    block = []
    for line in lines:
        if line and not line.startswith(" "):
            break
        block.append(line)
    indents = [len(line) - len(line.lstrip()) for line in block if line.strip()]
    name, words = "", ""
    for line in block:
        entry = _GOOGLE.match(line) if len(line) - len(line.lstrip()) == min(indents, default=0) else None
        if entry:
            if name:
                yield name, words
            name, words = entry[1], entry[2].strip()
        elif line.strip():
            words = f"{words} {line.strip()}".strip()
    if name:
        yield name, words


def _numpy(lines: list[str], start: int) -> Iterator[tuple[str, str]]:
    """Name and description of each entry of an underlined section; `a, b : int` describes both."""
    names: list[str] = []
    words: list[str] = []
    for number in range(start, len(lines)):
        line = lines[number]
        if _section(lines, number)[0]:
            break
        if line and not line.startswith(" ") and (entry := _NUMPY.fullmatch(line.rstrip())):
            yield from ((name, " ".join(words)) for name in names)
            names, words = re.split(r"\s*,\s*", entry[1]), []
        elif line.strip():
            words.append(line.strip())
    yield from ((name, " ".join(words)) for name in names)


def _sphinx(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Name and description of each `:param name:`."""
    name, words = "", ""
    for line in [*lines, ":end:"]:
        if entry := _SPHINX.match(line):
            if name:
                yield name, words
            name, words = entry[1], entry[2].strip()
        elif _FIELD.match(line) or (line and not line.startswith(" ")):
            if name:
                yield name, words
            name = ""
        elif name and line.strip():
            words = f"{words} {line.strip()}".strip()
