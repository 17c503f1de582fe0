"""`sftctl synth`: synthesized examples, to be looked at or taken elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sftctl.core.cli.options import TeacherModel, TeacherUrl, Toolsets, teacher_settings
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.errors import ConfigError
from sftctl.core.store import write_lines
from sftctl.core.text import counted

err = Console(stderr=True)


def synth_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file to write.")],
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many examples.")] = 1000,
    toolset: Toolsets = None,
    synthesizer: Annotated[str, typer.Option(help="What makes them.")] = "toolcall",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    teacher: TeacherUrl = None,
    teacher_model: TeacherModel = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="E.g. teacher.votes=3.")] = None,
) -> None:
    """Write synthesized examples to a file. What a teacher answers is kept in OUTPUT.teacher.jsonl."""
    from sftctl.core.config import resolve
    from sftctl.core.display import Display
    from sftctl.core.manager import plugin_manager
    from sftctl.core.stages.data import make_examples
    from sftctl.core.tools.toolset import load_toolset

    quiet_libraries()
    plugins = plugin_manager()
    flags = {"synthesizer": synthesizer, "seed": seed, **teacher_settings(teacher, teacher_model)}
    config = resolve(plugins, "toolcall", flags=flags, assignments=assignments or ())
    if config.teacher and output.exists() and not output.is_file():
        raise ConfigError(f"{output} is no file, and a teacher's answers are kept beside one.", "Give -o a file name.")
    tools = load_toolset(plugins, toolset or ["all"], config.tools.limits())
    with Display(err) as display:
        answers = output.with_name(f"{output.name}.teacher.jsonl")
        made, _ = make_examples(config, plugins, tools, number, answers, display)
    write_lines(output, (example.to_json() for example in made))
    number = len(made) if isinstance(made, Sequence) else number  # a teacher may have added some
    told = f"{counted(number, 'example')} of {counted(len(tools.tools), 'tool')}: {output}"
    err.print(told, highlight=False, soft_wrap=True)
