"""`sftctl serve`: runs' models and their bases behind the OpenAI API."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from sftctl.core.cli.options import Runs
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.errors import ConfigError
from sftctl.core.store import find_run, runs_root
from sftctl.serve.limits import GRACE, MAX_BODY, TIMEOUT

err = Console(stderr=True)

Keys = Annotated[Path | None, typer.Option(help="File of keys, one per line, or sha256:DIGEST.")]
AdminKeys = Annotated[
    Path | None, typer.Option(help="File of keys that may load and unload the adapters of runs over HTTP.")
]
Merge = Annotated[
    bool | None,
    typer.Option(help="Weights of its own for each adapter: exact, faster for one; by default for one alone."),
]
Alias = Annotated[
    list[str] | None, typer.Option(help="Another name for a model, as gpt-4o-mini=my-run, for a client that insists.")
]


def serve_command(
    run: Annotated[list[str] | None, typer.Argument(help="Runs; the newest trained one by default.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    engine: Annotated[str, typer.Option(help="What runs the models.")] = "torch",
    alias: Alias = None,
    merge: Merge = None,
    api_keys: Keys = None,
    admin_keys: AdminKeys = None,
    cors: Annotated[list[str] | None, typer.Option(help="Origin whose pages may call it; none by default.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of an answer; else the context.")] = None,
    max_waiting: Annotated[int | None, typer.Option(min=1, help="Most requests that wait; else the engine's.")] = None,
    max_body: Annotated[int, typer.Option(min=1000, help="Most bytes of a request's body.")] = MAX_BODY,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")] = TIMEOUT,
    grace: Annotated[float, typer.Option(min=0, help="Seconds to finish in when told to stop.")] = GRACE,
    runs: Runs = None,
) -> None:
    """Serve runs' models and their bases behind the OpenAI API.

    SFTCTL_API_KEY (one key, or several with commas between) or --api-keys, if given, are required of clients.
    """
    from sftctl.core.manager import plugin_manager
    from sftctl.core.session import Shelf
    from sftctl.serve.adapters_api import Admin
    from sftctl.serve.app import create_app
    from sftctl.serve.middleware import ApiKeys
    from sftctl.serve.server import log_requests, serve
    from sftctl.serve.service import Service

    quiet_libraries()
    root = runs_root(runs)
    paths = [find_run(root, name) for name in dict.fromkeys(run)] if run else [find_run(root, None)]
    words = [key.strip() for key in os.environ.get("SFTCTL_API_KEY", "").split(",") if key.strip()]
    keys = ApiKeys.read(api_keys) if api_keys else ApiKeys(words) if words else None
    shared = len(paths) > 1 or admin_keys is not None
    plugins = plugin_manager()
    shelf = Shelf(plugins, root, engine, merged=not shared if merge is None else merge)
    admin = Admin(ApiKeys.read(admin_keys), shelf.load) if admin_keys else None

    def load() -> Any:
        models = shelf.open(paths)
        names = " and ".join(model.name for model in models)
        err.print(f"Serving {names} on http://{host}:{port}/v1 (Ctrl-C stops)", highlight=False, soft_wrap=True)
        return models

    log_requests()
    service = Service(timeout=timeout, longest=max_tokens, max_waiting=max_waiting, aliases=_aliases(alias or ()))
    app = create_app(plugins, service, keys, max_body=max_body, cors=cors or (), admin=admin)
    serve(app, host, port, load=load, grace=grace)


def _aliases(written: Sequence[str]) -> dict[str, str]:
    """Names of models by their other names. Raises ConfigError."""
    pairs = [each.partition("=") for each in written]
    for alias, equals, name in pairs:
        if not (alias and equals and name):
            raise ConfigError(f"'{alias}{equals}{name}' is no alias.", "Write it as gpt-4o-mini=my-run.")
    return {alias: name for alias, _, name in pairs}
