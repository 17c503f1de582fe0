"""The plugin manager: typed, strict about names, and not brought down by a broken plugin."""

import subprocess
import sys
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from sftctl.core import hookimpl, hookspecs
from sftctl.core.errors import PluginError
from sftctl.core.manager import Provider, overview, plugin_manager
from sftctl.core.types import Event, Recipe


def plugin(name: str, **hooks: Any) -> Any:
    marked = {hook: hookimpl(function) for hook, function in hooks.items()}
    return SimpleNamespace(__name__=name, **marked)


def recipes(*records: object) -> Any:
    def sftctl_recipes() -> Iterable[object]:
        return records

    return sftctl_recipes


def test_every_hook_has_two_implementers_or_more_of_records() -> None:
    kinds = {kind for kind, _, _ in overview(plugin_manager())}
    assert kinds >= {"recipe", "toolset", "trainer", "evaluator", "chat format", "model source", "engine"}
    assert len(plugin_manager().trainers()) >= 2
    assert len(plugin_manager().evaluators()) >= 2


def test_a_name_provided_twice_names_both_providers() -> None:
    twin = plugin("twin", sftctl_recipes=recipes(Recipe("toolcall", "mine", {})))
    with pytest.raises(PluginError, match=r"'toolcall'.*toolcall \(sftctl\) and twin \(this process\)"):
        plugin_manager(twin).recipes()


def test_a_record_of_the_wrong_kind_names_its_provider() -> None:
    wrong = plugin("wrong", sftctl_recipes=recipes("not a recipe"))
    with pytest.raises(PluginError, match=r"wrong \(this process\): sftctl_recipes must yield Recipe"):
        plugin_manager(wrong).recipes()


def test_a_hook_that_raises_names_its_provider() -> None:
    def sftctl_recipes() -> Iterable[Recipe]:
        raise RuntimeError("no licence")

    with pytest.raises(PluginError, match=r"bad \(this process\): sftctl_recipes raised RuntimeError: no licence"):
        plugin_manager(plugin("bad", sftctl_recipes=sftctl_recipes)).recipes()


def test_a_hook_with_unknown_arguments_is_refused() -> None:
    def sftctl_on_event(event: Event, color: str) -> None:
        pass

    with pytest.raises(PluginError, match="does not fit the hooks"):
        plugin_manager(plugin("odd", sftctl_on_event=sftctl_on_event))


def test_a_broken_third_party_plugin_is_skipped_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise ImportError("no module named 'mistake'")

    entry = SimpleNamespace(name="broken", dist=SimpleNamespace(name="sftctl-broken", version="0.3"), load=load)
    monkeypatch.setattr("sftctl.core.manager.entry_points", lambda group: [entry])
    plugins = plugin_manager()
    assert plugins.providers["broken"] == Provider(
        "broken", "sftctl-broken", "0.3", "ImportError: no module named 'mistake'"
    )
    assert "loop" in plugins.trainers()


def test_events_reach_a_plugin() -> None:
    seen: list[Event] = []

    def sftctl_on_event(event: Event) -> None:
        seen.append(event)

    plugin_manager(plugin("watcher", sftctl_on_event=sftctl_on_event)).on_event(Event("note", "data"))
    assert seen == [Event("note", "data")]


def test_every_hook_is_specified_with_a_docstring() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("sftctl_")]
    assert len(hooks) >= 9
    assert all(getattr(hookspecs, name).__doc__ for name in hooks)


@pytest.mark.parametrize("command", ["--help", "plugins", "run --help", "--version", "runs"])
def test_light_commands_import_no_heavy_library(command: str) -> None:
    script = (
        "import sys\nfrom sftctl.core.cli import main\n"
        f"sys.argv = ['sftctl', *{command.split()!r}]\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'torch', 'transformers', 'peft', 'trl', 'fastapi', 'datasets', 'openai'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
