"""`report.html`: whole, safe, and readable for everyone; and the same numbers in the other files."""

import json
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from reports import HOSTILE

from sftctl.core.config import resolve
from sftctl.core.errors import StoreError
from sftctl.core.manager import plugin_manager
from sftctl.core.report import write_report
from sftctl.core.report.charts import bars, columns, curves
from sftctl.core.report.diff import diff, spelled
from sftctl.core.report.markdown import talk
from sftctl.core.scores.change import Change
from sftctl.core.store import RunFolder
from sftctl.core.types import Score


class Outline(HTMLParser):
    """Tags with their attributes, in order; and the ends that fit nothing."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.unmatched: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.unmatched += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unmatched.append(tag)

    def attributes(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


@pytest.fixture(scope="module")
def html(reported_run: Path) -> str:
    return (reported_run / "report.html").read_text()


@pytest.fixture(scope="module")
def outline(html: str) -> Outline:
    return Outline(html)


def test_what_comes_from_data_is_text(html: str, outline: Outline) -> None:
    assert "&lt;script&gt;" in html
    assert not outline.attributes("script", "img", "iframe", "object", "link", "base", "form")
    assert not outline.unmatched
    for _, attributes in outline.tags:
        assert not [name for name in attributes if name.startswith("on")]


def test_the_page_needs_nothing_else(html: str, outline: Outline) -> None:
    names = {name for _, attributes in outline.tags for name in attributes}
    assert not names & {"src", "href", "srcset", "action", "data"}
    assert "url(" not in html.partition("<style>")[2].partition("</style>")[0] and "@import" not in html
    assert "default-src 'none'" in html


def test_pictures_have_words_and_tables_have_heads(outline: Outline) -> None:
    pictures = outline.attributes("svg")
    assert len(pictures) == 5, "scores twice, general ability, loss, lengths"
    assert all(each["role"] == "img" and each["aria-label"] for each in pictures)
    assert all(each.get("scope") in ("col", "row", "rowgroup") for each in outline.attributes("th"))
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def _palette(css: str) -> dict[str, tuple[float, ...]]:
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{6}|\d+, \d+, \d+)", css)
    return {
        name: tuple(int(value[at : at + 2], 16) for at in (1, 3, 5))
        if value[0] == "#"
        else tuple(map(int, value.split(", ")))
        for name, value in found
    }


def _luminance(colour: tuple[float, ...]) -> float:
    linear = [(c / 255 + 0.055) / 1.055 for c in colour]
    red, green, blue = (value**2.4 if c > 10 else c / 255 / 12.92 for value, c in zip(linear, colour, strict=True))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out(html: str, dark: bool) -> None:
    light_css, _, dark_css = html.partition("prefers-color-scheme: dark")
    colours = _palette(dark_css.partition("}\n}")[0] if dark else light_css)
    pairs = [(text, back) for text in ("ink", "soft", "good", "bad") for back in ("paper", "card")]
    pairs += [("good", "good-back"), ("bad", "bad-back"), ("ink", "same-back")]
    for text, back in pairs:
        assert _contrast(colours[text], colours[back]) >= 4.5, (text, back)
    for level in range(11):
        share = 0.04 + level * 0.042
        cell = tuple(share * h + (1 - share) * p for h, p in zip(colours["heat"], colours["paper"], strict=True))
        assert _contrast(colours["ink"], cell) >= 4.5, level
    for bar in ("before", "after"):
        assert _contrast(colours[bar], colours["card"]) >= 2.5, bar


def test_the_same_numbers_are_in_every_file(reported_run: Path, html: str) -> None:
    report = json.loads((reported_run / "report.json").read_text())
    page = (reported_run / "report.md").read_text()
    (overall,) = [s for s in report["scores"] if (s["evaluator"], s["score"]) == ("toolcall", "overall")]
    assert overall["difference"]["n"] == overall["after"]["n"] == 40
    sentence = report["headlines"][0]["text"]
    assert f"p = {overall['difference']['p']:.2g}" in sentence
    assert sentence in page and sentence in html
    assert report["mistakes"]["toolcall"][0]["kind"].replace("_", " ") in report["headlines"][0]["mistake"]
    assert report["training"]["eval_loss"] == [[399, 0.2]]
    assert report["over_budget"] == [] and "is kept" in page and "is kept" in html.replace("\n", " ")


def test_general_ability_is_judged_in_every_file(reported_run: Path, html: str) -> None:
    report = json.loads((reported_run / "report.json").read_text())
    (lost,) = report["forgotten"]
    assert not lost["beyond_interval"] and lost["difference"]["p"] < 0.001 and lost["lost"] > 0
    assert report["general"].endswith("None did. By the paired test perplexity lost something.")
    for text in (html, (reported_run / "report.md").read_text(), (reported_run / "model/README.md").read_text()):
        assert report["general"] in text
        assert "+4.1 % (+4.1 to +4.1)" in text


def test_the_card_has_the_results_in_the_hubs_format(reported_run: Path) -> None:
    from huggingface_hub import ModelCard

    path = reported_run / "model/README.md"
    card = ModelCard.load(path)
    found = {result.metric_name: result.metric_value for result in card.data.eval_results or ()}
    report = json.loads((reported_run / "report.json").read_text())
    (overall,) = [s for s in report["scores"] if (s["evaluator"], s["score"]) == ("toolcall", "overall")]
    assert found["overall"] == pytest.approx(overall["after"]["value"], abs=1e-4)
    assert yaml.safe_load(path.read_text().split("---")[1])["base_model"] == "tiny"
    assert "| toolcall | overall | 40 |" in path.read_text()


# ---------------------------------------------------------------- parts


def test_a_diff_marks_what_differs() -> None:
    expected = [{"name": "rain", "arguments": {"days": 3, "city": "Oslo"}}]
    answered = [{"name": "rain", "arguments": '{"city": "Oslo", "days": "3"}'}]
    left, right = diff(expected, answered)
    assert "".join(span.text for span in left) == 'rain(city="Oslo", days=3)'
    assert "".join(span.text for span in right) == 'rain(city="Oslo", days="3")'
    assert [span.text for span in right if span.differs] == ['"', '"']
    assert not [span for span in left if span.differs]
    assert not [span for side in diff(expected, "rain in Oslo") for span in side if span.differs]


def test_of_accepted_values_the_one_that_was_answered_is_shown() -> None:
    expected = [
        {"rain.at": {"city": ["Oslo", "Oslo, Norway"], "days": ["", 1], "unit": ["mm"]}},
        {"rain.at": {"city": ["Rome"], "days": ["", 1], "unit": ["mm", ""]}},
    ]
    answered = [
        {"name": "rain_at", "arguments": '{"city": "rome", "days": 2}'},
        {"name": "rain_at", "arguments": '{"city": "oslo, norway"}'},
    ]
    left, right = diff(expected, answered)
    assert (
        "".join(span.text for span in left) == 'rain_at(city="oslo, norway", unit="mm")\nrain_at(city="rome", days=1)'
    )
    assert "".join(span.text for span in right) == 'rain_at(city="rome", days=2)\nrain_at(city="oslo, norway")'
    left, right = diff(expected[1:], [{"name": "snow", "arguments": "{"}])
    assert "".join(span.text for span in left) == 'rain_at(city="Rome")'
    assert "".join(span.text for span in diff(expected, None)[0]) == spelled(expected)


def test_what_is_said_again_and_again_is_shown_once() -> None:
    call = {"function": {"name": "rain", "arguments": '{"city": "Oslo"}'}}
    said = [
        {"role": "user", "content": "Rain?"},
        {"role": "assistant", "content": None, "tool_calls": [call, call, call]},
        *[{"role": "tool", "content": "wet"}] * 2,
        {"role": "assistant", "content": "x" * 5000},
    ]
    user, made, result, last = talk(said)
    assert user == ("user", "Rain?") and made == ("assistant", 'rain({"city": "Oslo"})  (× 3)')
    assert result == ("tool", "wet  (× 2)") and len(last[1]) < 500


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(no call)"),
        ("No.", "No."),
        ([{"rain": {"city": ["Oslo"]}}, {"snow": {}}], 'rain(city=["Oslo"])\nsnow()'),
        ([{"name": "rain", "arguments": "{"}], "rain({)"),
        ([1], "[1]"),
        ({"nats": 1.5}, '{"nats": 1.5}'),
    ],
)
def test_whatever_an_evaluator_keeps_can_be_shown(value: object, text: str) -> None:
    assert spelled(value) == text


def test_charts_take_what_is_odd() -> None:
    half = Score(0.5, 0.4, 0.6, 10)
    assert "<rect" in bars(
        [Change("e", HOSTILE, None, half, None), Change("e", "zero", Score(0, 0, 0, 1, True), None, None)]
    )
    assert "<script" not in bars([Change("e", HOSTILE, None, half, None)])
    assert "<polyline" in curves({"loss": [(1, 0.0), (2, 0.0)]}, "steps")
    assert "<polyline" in curves({"loss": [(at, 1e-9 * at) for at in range(5000)]}, "steps")
    assert columns({}, "tokens") and "<rect" in columns({"0-1": 0}, "tokens")


def test_every_model_is_in_one_table(reported_run: Path, html: str) -> None:
    report = json.loads((reported_run / "report.json").read_text())
    (overall,) = [
        s for s in report["forms"]["openvino-int8"] if (s["evaluator"], s["score"]) == ("toolcall", "overall")
    ]
    (tuned,) = [s for s in report["scores"] if (s["evaluator"], s["score"]) == ("toolcall", "overall")]
    assert overall["before"] == tuned["after"] != overall["after"], "the form is held against the tuned model"
    table = (reported_run / "report.md").read_text().partition("## Every model")[2].partition("\n## ")[0]
    assert "| evaluator | score | n | base | tuned | openvino-int8 |" in table
    (row,) = [line for line in table.splitlines() if line.startswith("| toolcall | overall |")]
    base, after, form = (cell.strip() for cell in row.strip("|").split("|")[3:])
    assert base == f"{100 * tuned['before']['value']:.0f} %" + base[base.index(" (") :]
    assert after.endswith(f"p {tuned['difference']['p']:.2g}")
    assert form.endswith("p < 0.001") and overall["difference"]["p"] < 0.001
    assert "| toolcall: answer tokens | 20 (18–23) | 21 (18–23) | 22 (18–23) |" in table
    assert "p &lt; 0.001" in html.partition('id="models"')[2]


def test_tools_of_the_training_stand_beside_held_out_ones(reported_run: Path) -> None:
    report = json.loads((reported_run / "report.json").read_text())
    (seen,) = [each for each in report["headlines"] if each["evaluator"] == "toolcall (seen tools)"]
    assert seen["verdict"] == "" and " of 40 items, " in seen["text"] and seen["text"].endswith(" on held-out tools")
    assert any(kind["meaning"] for kind in report["mistakes"]["toolcall (seen tools)"]), "its kinds are toolcall's"


@pytest.fixture
def damaged(reported_run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to be damaged."""
    copy = tmp_path / "run"
    shutil.copytree(reported_run, copy)
    return copy


def run_report(run: Path) -> dict[str, object]:
    plugins = plugin_manager()
    write_report(RunFolder(run, lambda event: None), resolve(plugins, "toolcall"), plugins.evaluators())
    return json.loads((run / "report.json").read_text())  # type: ignore[no-any-return]


def test_a_damaged_file_of_a_run_is_named(damaged: Path) -> None:
    proof = damaged / "eval/proof.json"
    proof.write_text(proof.read_text()[:30])
    with pytest.raises(StoreError, match=r"proof\.json is damaged"):
        run_report(damaged)
    proof.unlink()
    assert run_report(damaged)["proof"] == []


def test_metrics_that_were_cut_short_lose_only_that_line(damaged: Path) -> None:
    metrics = damaged / "metrics.jsonl"
    metrics.write_text(metrics.read_text()[:-5])
    training = run_report(damaged)["training"]
    assert isinstance(training, dict)
    assert (len(training["loss"]), training["eval_loss"]) == (399, [])
