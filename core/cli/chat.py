"""`sftctl chat`: a conversation with what a run made."""

from typing import Annotated

import typer
from rich.console import Console

from sftctl.core.cli.options import RunName, Runs, Toolsets
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.store import find_run, runs_root

out, err = Console(), Console(stderr=True)


def chat_command(
    run: RunName = None,
    tool: Annotated[list[str] | None, typer.Option("--tool", help="Tools to offer, by name.")] = None,
    toolset: Toolsets = None,
    base: Annotated[bool, typer.Option("--base", help="Talk to the base model instead.")] = False,
    network: Annotated[bool, typer.Option("--network", help="Let your own tools use the network.")] = False,
    runs: Runs = None,
) -> None:
    """Talk to a run's model; the tools that it calls are run."""
    from sftctl.core.session import Conversation

    quiet_libraries()
    conversation = Conversation.open(find_run(runs_root(runs), run), tool, base, network, toolset)
    err.print(
        f"{conversation.name}, with {', '.join(conversation.tools) or 'no tools'}. Ctrl-D ends.",
        highlight=False,
    )
    while True:
        try:
            said = input("> ")
        except EOFError:
            return
        for line in conversation.say(said):
            out.print(line, highlight=False, markup=False, soft_wrap=True)
