"""A really running server over scripted models, and the official client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import make_adapter
from fakes import ALL, ScriptedEngine
from openai import OpenAI
from serving import script

from sftctl.core.hookspecs import hookimpl
from sftctl.core.manager import Plugins, Provider
from sftctl.plugins.hermes import STOP, Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.grammar import Grammars
from sftctl.serve.server import running
from sftctl.serve.service import Service


class Routes:
    """A plugin that adds a route."""

    @hookimpl
    def sftctl_routes(self, app: Any, state: Any) -> None:
        app.get("/v1/names")(lambda: list(state.models))


@pytest.fixture(scope="session")
def stop(tokenizer: Any) -> int:
    found: int = tokenizer.convert_tokens_to_ids(STOP)
    return found


@pytest.fixture(scope="session")
def grammars(tokenizer: Any, stop: int) -> Grammars:
    return Grammars(tokenizer, Hermes(), [stop])


@pytest.fixture(scope="session")
def engine(tokenizer: Any) -> ScriptedEngine:
    """Cannot be constrained: it may say anything."""
    return ScriptedEngine(tokenizer, script, capabilities=ALL - {"grammar"})


@pytest.fixture(scope="session")
def service(tokenizer: Any, engine: ScriptedEngine) -> Service:
    engines = {
        "base": engine,
        "org/tuned": engine,
        "exact": ScriptedEngine(tokenizer, script),
        "plain": ScriptedEngine(tokenizer, script, capabilities=frozenset()),
        "small": ScriptedEngine(tokenizer, script, context=100),
    }
    return Service([ChatModel(name, engines[name], Hermes(), tokenizer) for name in engines], max_tokens=300)


@pytest.fixture(scope="session")
def url(service: Service) -> Iterator[str]:
    plugins = Plugins()
    plugins.register(Routes(), Provider("routes"))
    with running(create_app(plugins, service)) as base_url:
        yield base_url


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=url, api_key="none", max_retries=0) as found:
        yield found


@pytest.fixture(scope="session")
def adapter(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_adapter(tiny_model_dir, tmp_path_factory.mktemp("adapter"), 1)
