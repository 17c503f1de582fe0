"""Tools from a Python module of the user's. It is never imported here: a worker does that, and runs its tools."""

import importlib.util
import sys
from pathlib import Path

from sftctl.core.errors import ToolsetError
from sftctl.core.tools import toolset_from_module
from sftctl.core.types import Limits, Toolset


def matches(text: str) -> bool:
    return text.endswith(".py")


def load(text: str, limits: Limits) -> Toolset:
    """The tools of a module, each of which runs in the worker."""
    from sftctl.core.tools.sandbox import sandboxed

    if not Path(text).is_file():
        raise ToolsetError(f"Toolset file {text} does not exist.", "Give the path of a Python module.")
    return sandboxed(f"{__name__}:read_module", text, limits)


def read_module(text: str) -> Toolset:
    """The tools of a module, imported into this process. Raises ToolsetError naming the line."""
    path = Path(text)
    name = f"sftctl_user_toolset_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and get_type_hints look the module up by name
    sys.path.insert(0, str(path.absolute().parent))  # what lies beside it can be imported
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        line = _line_in(error, path)
        raise ToolsetError(
            f"Toolset {path}{line} raised {type(error).__name__} on import: {error}.",
            "Mend it and run again.",
        ) from error
    return toolset_from_module(module, path.stem)


def _line_in(error: BaseException, path: Path) -> str:
    """`:LINE` of the innermost frame of `error` that lies in `path`."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    line, frame = "", error.__traceback__
    while frame:
        if Path(frame.tb_frame.f_code.co_filename) == path.absolute():  # Python makes it so
            line = f":{frame.tb_lineno}"
        frame = frame.tb_next
    return line
