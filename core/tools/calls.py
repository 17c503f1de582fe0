"""The one door through which a tool is run: in synthesis, in the live proof, in a conversation."""

from collections.abc import Mapping

from sftctl.core.types import Json, Tool, to_json


class CallError(Exception):
    """A call that failed elsewhere: in a worker, on a server. The message is one line, `Type: what happened`."""


def run_tool(tool: Tool, arguments: Mapping[str, Json]) -> tuple[Json, str]:
    """The result of a call, and why it failed, or nothing. A tool is anyone's code: whatever it does is a failure.

    The arguments have been checked against the tool's schema. A tool without an implementation gives None.
    """
    if tool.run is None:
        return None, ""
    try:
        return to_json(tool.run(**arguments)), ""
    except CallError as error:
        return None, str(error)
    except (Exception, SystemExit) as error:
        return None, f"{type(error).__name__}: {error}"
