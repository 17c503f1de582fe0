"""A time budget becomes a number of examples, by how fast the machine is."""

import math
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from sftctl.core.cli import app
from sftctl.core.config import resolve
from sftctl.core.costs import budget
from sftctl.core.errors import ConfigError
from sftctl.core.machine import speed
from sftctl.core.manager import plugin_manager
from sftctl.core.types import Json


@pytest.mark.parametrize(("text", "seconds"), [("15m", 900), ("1.5h", 5400), ("900s", 900), ("2 h", 7200)])
def test_a_time_with_its_unit(text: str, seconds: float) -> None:
    assert budget.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["15", "m", "0m", "-5m", "soon", ""])
def test_what_is_no_time_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(ConfigError, match=r"'budget' .*must be a number of minutes, hours or seconds"):
        resolve(plugin_manager(), "toolcall", flags={"budget": text})


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the tokens a second that this machine trains on; 0: it has a GPU."""

    def set_pace(pace: float) -> None:
        monkeypatch.setattr(budget, "bf16_unit", lambda: "" if pace else "GPU")
        monkeypatch.setattr(speed, "block_speed", lambda bf16: pace * budget.BLOCKS[bf16])

    return set_pace


@pytest.mark.parametrize(("pace", "examples"), [(1000, 4150), (440, 1500), (130, 350), (0, budget.MOST)])
def test_examples_by_the_speed_of_the_machine(at: Callable[[float], None], pace: float, examples: int) -> None:
    at(pace)
    assert budget.examples_within("15m") == examples
    assert budget.examples_within("1m") in (budget.FEWEST, budget.MOST), "some, even where there is no time"


@pytest.mark.parametrize(("pace", "time", "minutes"), [(65, "15m", 26), (165, "15m", 0), (440, "15m", 0), (0, "1m", 0)])
def test_a_budget_that_is_too_short_is_told(at: Callable[[float], None], pace: float, time: str, minutes: int) -> None:
    at(pace)
    assert budget.overrun(time, budget.examples_within(time)) == minutes


def test_a_longer_budget_is_more_data_and_a_number_overrides_it(at: Callable[[float], None]) -> None:
    at(440)
    plugins = plugin_manager()
    short, long = (resolve(plugins, "toolcall", flags={"budget": time}).examples for time in ("15m", "60m"))
    assert long > 4 * short
    assert resolve(plugins, "toolcall", flags={"budget": "60m", "examples": 7}).examples == 7


@pytest.mark.parametrize(
    ("pace", "time", "share"), [(440, "15m", 1.0), (130, "15m", 0.4), (130, "60m", 1.0), (0, "1m", 1.0)]
)
def test_where_time_is_short_less_is_asked(at: Callable[[float], None], pace: float, time: str, share: float) -> None:
    at(pace)
    plugins = plugin_manager()
    recipe = plugins.recipes()["toolcall"].settings
    assert budget.share_asked(time) == share

    def asked(**flags: Json) -> list[Json]:
        config = resolve(plugins, "toolcall", flags=flags | {"budget": time})
        limits = [(config.evaluators[name] or {}).get("limit") for name in ("bfcl", "choices")]
        return [config.eval_examples, config.seen_examples, *limits]

    everything = [recipe["eval_examples"], recipe["seen_examples"], 25, 75]
    assert asked(examples=100) == everything, "the budget decides nothing"
    assert asked() == [math.ceil(share * each) for each in everything]
    chosen = asked(eval_examples=7, evaluators={"bfcl": {"limit": 3}})
    assert chosen == [7, asked()[1], 3, asked()[3]], "what is set stays"


def test_what_only_scores_a_model_asks_everything(at: Callable[[float], None]) -> None:
    """Two machines that ask one endpoint ask it the same."""
    at(65)
    asked = ["eval", "http://127.0.0.1:9/v1", "--model", "any", "--estimate", "--evaluator", "toolcall"]
    told = CliRunner().invoke(app, asked)
    count = plugin_manager().recipes()["toolcall"].settings["eval_examples"]
    assert told.exit_code == 0 and f"{count} requests" in told.stderr
