"""The documentation is held to the code."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from sftctl.core import hookspecs
from sftctl.core.cli import app
from sftctl.core.config import RunConfig
from sftctl.core.teacher import TeacherConfig

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def rows(path: Path) -> dict[str, str]:
    """First and second column of the tables of a page, code marks removed."""
    found = re.findall(r"^\| `([^`]+)` \| (.*) \|$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def test_every_hook_is_documented() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("sftctl_")}
    assert hooks == set(rows(ROOT / "docs/plugins.md"))


def test_every_setting_is_documented_with_its_own_words() -> None:
    documented = rows(ROOT / "docs/configuration.md")
    for name, field in RunConfig.model_fields.items():
        assert documented[name] == field.description
    documented = rows(ROOT / "docs/teacher.md")
    assert documented == {name: field.description for name, field in TeacherConfig.model_fields.items()}


def commands() -> list[str]:
    """Every `sftctl …` line of every code block."""
    found: list[str] = []
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            found += [line.split("  #")[0].strip() for line in block.splitlines() if line.startswith("sftctl ")]
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_that_is_shown_exists_with_its_options(command: str) -> None:
    group = typer.main.get_command(app)
    _, name, *arguments = shlex.split(command)
    subcommand = group.get_command(None, name)  # type: ignore[attr-defined, arg-type]
    assert subcommand is not None, command
    known = {option for parameter in subcommand.params for option in parameter.opts}
    assert {word.split("=")[0] for word in arguments if word.startswith("-")} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
