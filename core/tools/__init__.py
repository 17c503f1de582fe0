"""Tools: made of typed Python functions or of other people's descriptions, checked, and run within limits.

Here is what a module of tools needs; `functions` says how it is used.
"""

from sftctl.core.tools.functions import (
    Between,
    Clock,
    Date,
    DateTime,
    Day,
    Fake,
    Moment,
    Pick,
    Said,
    Size,
    Source,
    Time,
    tool,
    tool_from_function,
    toolset_from_module,
)

__all__ = [
    "Between",
    "Clock",
    "Date",
    "DateTime",
    "Day",
    "Fake",
    "Moment",
    "Pick",
    "Said",
    "Size",
    "Source",
    "Time",
    "tool",
    "tool_from_function",
    "toolset_from_module",
]
