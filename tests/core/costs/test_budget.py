"""A time budget becomes a number of examples, by the kind of machine."""

import math

import pytest
from typer.testing import CliRunner

from sftctl.core.cli import app
from sftctl.core.config import resolve
from sftctl.core.costs import budget
from sftctl.core.errors import ConfigError
from sftctl.core.manager import plugin_manager
from sftctl.core.types import Json


@pytest.mark.parametrize(("text", "seconds"), [("15m", 900), ("1.5h", 5400), ("900s", 900), ("2 h", 7200)])
def test_a_time_with_its_unit(text: str, seconds: float) -> None:
    assert budget.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["15", "m", "0m", "-5m", "soon", ""])
def test_what_is_no_time_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(ConfigError, match=r"'budget' .*must be a number of minutes, hours or seconds"):
        resolve(plugin_manager(), "toolcall", flags={"budget": text})


@pytest.mark.parametrize(("unit", "two_cores"), [("AMX", 3300), ("AVX-512", 1450), ("", 300), ("GPU", budget.MOST)])
def test_examples_by_the_kind_of_machine(monkeypatch: pytest.MonkeyPatch, unit: str, two_cores: int) -> None:
    monkeypatch.setattr(budget, "bf16_unit", lambda: unit)
    monkeypatch.setattr(budget, "cores", lambda: 2)
    assert budget.examples_within("15m") == two_cores
    assert budget.examples_within("1m") in (budget.FEWEST, budget.MOST), "some, even where there is no time"


@pytest.mark.parametrize(
    ("unit", "cores", "time", "minutes"),
    [("", 1, "15m", 31), ("", 2, "15m", 0), ("AVX-512", 2, "15m", 0), ("GPU", 2, "1m", 0)],
)
def test_a_budget_that_is_too_short_is_told(
    monkeypatch: pytest.MonkeyPatch, unit: str, cores: int, time: str, minutes: int
) -> None:
    monkeypatch.setattr(budget, "bf16_unit", lambda: unit)
    monkeypatch.setattr(budget, "cores", lambda: cores)
    assert budget.overrun(time, budget.examples_within(time)) == minutes


def test_a_longer_budget_is_more_data_and_a_number_overrides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "bf16_unit", lambda: "AVX-512")
    monkeypatch.setattr(budget, "cores", lambda: 2)
    plugins = plugin_manager()
    short, long = (resolve(plugins, "toolcall", flags={"budget": time}).examples for time in ("15m", "60m"))
    assert long > 4 * short
    assert resolve(plugins, "toolcall", flags={"budget": "60m", "examples": 7}).examples == 7


@pytest.mark.parametrize(
    ("unit", "time", "share"), [("AVX-512", "15m", 1.0), ("", "15m", 0.4), ("", "60m", 1.0), ("GPU", "1m", 1.0)]
)
def test_where_time_is_short_less_is_asked(monkeypatch: pytest.MonkeyPatch, unit: str, time: str, share: float) -> None:
    monkeypatch.setattr(budget, "bf16_unit", lambda: unit)
    monkeypatch.setattr(budget, "cores", lambda: 2)
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


def test_what_only_scores_a_model_asks_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines that ask one endpoint ask it the same."""
    monkeypatch.setattr(budget, "bf16_unit", lambda: "")
    monkeypatch.setattr(budget, "cores", lambda: 1)
    asked = ["eval", "http://127.0.0.1:9/v1", "--model", "any", "--estimate", "--evaluator", "toolcall"]
    told = CliRunner().invoke(app, asked)
    count = plugin_manager().recipes()["toolcall"].settings["eval_examples"]
    assert told.exit_code == 0 and f"{count} requests" in told.stderr
