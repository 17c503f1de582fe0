"""One error tree. An error says what went wrong, where, and what to do; only the CLI prints and exits."""

from collections.abc import Iterable
from difflib import get_close_matches

from sftctl.core.text import listed


class SftctlError(Exception):
    """Anything a user can mend. The message is one clear sentence; `hint` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.hint}" if self.hint else message


class ConfigError(SftctlError):
    """The configuration (file or flag) cannot be used as it is written."""

    exit_code = 2


class PluginError(SftctlError):
    """A plugin is unknown, clashes with another, or broke a promise of its hook."""


class ToolsetError(SftctlError):
    """A toolset cannot be loaded, or one of its tools is not described well enough to call."""


class ModelError(SftctlError):
    """A model cannot be found, fetched, verified or loaded."""


class PromptTooLongError(ModelError):
    """A prompt leaves no room for an answer in the model's context."""


class EngineError(SftctlError):
    """An engine cannot do what it is asked for, or failed at it."""


class UnknownAdapterError(EngineError):
    """An engine has no adapter of that name, or has it no more."""


class QueueFullError(EngineError):
    """As many requests wait as may; `retry_after` is a guess at when there is room, in seconds."""

    def __init__(self, message: str, hint: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class InstallError(SftctlError):
    """Something that is installed on demand cannot be; `reason` says why, in a few words."""

    @property
    def reason(self) -> str:
        return str(self.args[0])


class DataError(SftctlError):
    """A row or an example does not have the shape that it must have."""


class FormatError(DataError):
    """A conversation cannot be written in a ChatFormat without changing what it means."""


class TeacherError(SftctlError):
    """The teacher's endpoint does not answer, or refuses what it is asked."""


class TrainError(SftctlError):
    """Training cannot start or go on."""


class EvalError(SftctlError):
    """An evaluation cannot be carried out."""


class StoreError(SftctlError):
    """A run directory cannot be read or written (disk full, locked, damaged)."""


class UnforeseenError(SftctlError):
    """Something that we did not foresee; the traceback has been kept where the message says."""

    exit_code = 70


MOST_KNOWN = 30
"""Names that a message lists."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The closest known words as a hint, e.g. `Did you mean 'seed'?`; else a list of what is known."""
    names = sorted(known)
    close = get_close_matches(word, names, n=2, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
    return f"Known: {listed(names, MOST_KNOWN)}." if names else ""
