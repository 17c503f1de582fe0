"""The plugin manager: one typed method per hook, so that nobody else touches pluggy."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from sftctl.core import hookspecs
from sftctl.core.errors import PluginError, did_you_mean
from sftctl.core.lint import LintRule
from sftctl.core.types import (
    ChatFormat,
    EngineProvider,
    Evaluator,
    Event,
    Formatter,
    ModelSource,
    Recipe,
    Synthesizer,
    Toolset,
    ToolsetSource,
    Trainer,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

T = TypeVar("T")


@dataclass(frozen=True)
class Provider:
    """A plugin as the user knows it: its entry point, and the distribution and version that brought it."""

    name: str
    distribution: str = "sftctl"
    version: str = ""
    error: str = ""
    """Why it was skipped, if it was."""

    def __str__(self) -> str:
        return f"{self.name} ({' '.join(filter(None, (self.distribution, self.version)))})"


class Plugins:
    """What is plugged in, by hook and by name. Make one with `plugin_manager()`; there is no global one."""

    def __init__(self) -> None:
        self._pluggy = pluggy.PluginManager(hookspecs.PROJECT)
        self._pluggy.add_hookspecs(hookspecs)
        self.providers: dict[str, Provider] = {}

    # ---- registration

    def register(self, plugin: ModuleType | object, provider: Provider) -> None:
        """Add a plugin. Raises PluginError when a hook of it does not fit its specification."""
        try:
            self._pluggy.register(plugin, name=provider.name)
            self._pluggy.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            if self._pluggy.has_plugin(provider.name):
                self._pluggy.unregister(name=provider.name)
            raise PluginError(f"Plugin {provider} does not fit the hooks: {error}.") from None
        self.providers[provider.name] = provider

    def load_entry_points(self) -> None:
        """Add every installed third-party plugin. A broken one is noted and skipped, never fatal."""
        for entry in sorted(entry_points(group=hookspecs.ENTRY_POINT_GROUP), key=lambda entry: entry.name):
            distribution = entry.dist.name if entry.dist else "?"
            version = entry.dist.version if entry.dist else ""
            provider = Provider(entry.name, distribution, version)
            try:
                self.register(entry.load(), provider)
            except (Exception, SystemExit) as error:
                reason = f"{type(error).__name__}: {error}"
                self.providers[entry.name] = Provider(entry.name, distribution, version, error=reason)

    # ---- one typed method per hook

    def recipes(self) -> dict[str, Recipe]:
        return self._named("sftctl_recipes", Recipe)

    def toolsets(self) -> dict[str, Toolset]:
        return self._named("sftctl_toolsets", Toolset)

    def toolset_sources(self) -> dict[str, ToolsetSource]:
        return self._named("sftctl_toolset_sources", ToolsetSource)

    def synthesizers(self) -> dict[str, Synthesizer]:
        return self._named("sftctl_synthesizers", Synthesizer)

    def formatters(self) -> dict[str, Formatter]:
        return self._named("sftctl_formatters", Formatter)

    def lint_rules(self) -> dict[str, LintRule]:
        return self._named("sftctl_lint_rules", LintRule)

    def chat_formats(self) -> dict[str, ChatFormat]:
        return self._named("sftctl_chat_formats", object)

    def model_sources(self) -> dict[str, ModelSource]:
        return self._named("sftctl_model_sources", ModelSource)

    def trainers(self) -> dict[str, Trainer]:
        return self._named("sftctl_trainers", Trainer)

    def evaluators(self) -> dict[str, Evaluator]:
        return self._named("sftctl_evaluators", Evaluator)

    def engines(self) -> dict[str, EngineProvider]:
        return self._named("sftctl_engines", EngineProvider)

    def on_event(self, event: Event) -> None:
        self._pluggy.hook.sftctl_on_event(event=event)

    def add_routes(self, app: "FastAPI", state: Any) -> None:
        self._pluggy.hook.sftctl_routes(app=app, state=state)

    # ---- inside

    def _named(self, hook: str, kind: type[Any]) -> dict[str, Any]:
        """All records of a hook by name. Refuses wrong types and duplicate names, naming the providers."""
        found: dict[str, Any] = {}
        origin: dict[str, Provider] = {}
        for provider, record in self._records(hook):
            if not isinstance(record, kind) or not isinstance(getattr(record, "name", None), str):
                raise PluginError(f"Plugin {provider}: {hook} must yield {kind.__name__} records, not {record!r}.")
            if record.name in found:
                raise PluginError(
                    f"Two plugins provide '{record.name}' through {hook}: {origin[record.name]} and {provider}.",
                    "Uninstall one of them.",
                )
            found[record.name], origin[record.name] = record, provider
        return found

    def _records(self, hook: str) -> Iterator[tuple[Provider, Any]]:
        """Every record with its provider, in order of registration."""
        for implementation in self._implementations(hook):
            provider = self.providers.get(implementation.plugin_name) or Provider(implementation.plugin_name)
            try:
                records: Iterable[Any] = implementation.function()  # type: ignore[assignment]
                yield from ((provider, record) for record in records)
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(
                    f"Plugin {provider}: {hook} raised {type(error).__name__}: {error}.",
                    "Update or uninstall that plugin.",
                ) from error

    def _implementations(self, hook: str) -> Sequence[pluggy.HookImpl]:
        caller: pluggy.HookCaller = getattr(self._pluggy.hook, hook)
        return caller.get_hookimpls()


def plugin_manager(*extra: ModuleType | object) -> Plugins:
    """A fresh manager with the built-in plugins, installed third-party ones, and `extra`, in this order."""
    from sftctl.plugins import BUILT_IN  # the one place where the core names the built-ins

    plugins = Plugins()
    for name, module in BUILT_IN():
        plugins.register(module, Provider(name))
    plugins.load_entry_points()
    for plugin in extra:
        plugins.register(plugin, Provider(getattr(plugin, "__name__", type(plugin).__name__), "this process"))
    return plugins


def choose(kind: str, name: str, known: dict[str, T]) -> T:
    """The record named `name`. Raises PluginError with the closest known names."""
    if name not in known:
        raise PluginError(f"There is no {kind} named '{name}'.", did_you_mean(name, known))
    return known[name]


def overview(plugins: Plugins) -> Iterable[tuple[str, str, str]]:
    """Kind, name and summary of every record of every hook, for `sftctl plugins`."""
    for kind, records in (
        ("recipe", plugins.recipes()),
        ("toolset", plugins.toolsets()),
        ("toolset source", plugins.toolset_sources()),
        ("synthesizer", plugins.synthesizers()),
        ("formatter", plugins.formatters()),
        ("lint rule", plugins.lint_rules()),
        ("chat format", plugins.chat_formats()),
        ("model source", plugins.model_sources()),
        ("trainer", plugins.trainers()),
        ("evaluator", plugins.evaluators()),
        ("engine", plugins.engines()),
    ):
        for name, record in records.items():
            yield kind, name, record.summary
