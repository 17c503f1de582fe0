"""The built-in lint rules, by what they look at: calls, turns, other rows, what is private, what training gets."""

from collections.abc import Iterable

from sftctl.core import hookimpl
from sftctl.core.lint import LintRule
from sftctl.plugins.lint import calls, private, promises, repeats, turns


@hookimpl
def sftctl_lint_rules() -> Iterable[LintRule]:
    return [*calls.RULES, *turns.RULES, *promises.RULES, *repeats.RULES, *private.RULES]
