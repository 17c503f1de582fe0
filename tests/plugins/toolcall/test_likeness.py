"""Likeness: a request is never refused over a tool that could do it."""

import random

import pytest

from sftctl.core.types import Tool
from sftctl.plugins.toolcall.likeness import Likeness, content_words
from sftctl.plugins.toolcall.scenes import ALIKE, THE_SAME, Kit, scene_of
from sftctl.plugins.toolcall.settings import DEFAULTS
from sftctl.toolsets import sftctl_toolsets

TOOLS = tuple(tool for toolset in sftctl_toolsets() for tool in toolset.tools)
LIKENESS = Likeness(TOOLS)
SAME_JOB = [
    ("shift_clock_time", "convert_time_zone"),
    ("convert_data_size", "convert_file_size"),
    ("estimate_transfer_time", "network_transfer_time"),
    ("set_brightness", "set_smart_light"),
    ("switch_lights", "set_smart_light"),
    ("solar_panel_output_kwh", "estimate_solar_output"),
    ("kitchen_measure_to_grams", "cups_to_grams"),
    ("great_circle_distance", "great_circle_km"),
    ("polygon_area", "polygon_area_from_vertices"),
    ("int_to_base", "convert_base"),
    ("base_n_to_decimal", "convert_base"),
    ("lookup_exchange_rate", "exchange_currency"),
    ("set_permissions", "chmod_octal"),
    ("capital_of", "country_facts"),
]
"""Tools of different toolsets, of which one can do what the other is asked for."""


@pytest.mark.parametrize(("one", "other"), SAME_JOB)
def test_tools_that_can_stand_in_for_each_other_are_alike(one: str, other: str) -> None:
    assert LIKENESS.near(one)[other] >= ALIKE
    assert LIKENESS.near(other)[one] == LIKENESS.near(one)[other]


def test_most_tools_of_a_domain_can_still_be_refused() -> None:
    """Refusals teach most over tools that are about the same things."""
    domains = {tool.name: tool.domain for tool in TOOLS}
    near = [
        sum(share >= ALIKE and domains[other] == tool.domain for other, share in LIKENESS.near(tool.name).items())
        for tool in TOOLS
    ]
    assert sum(near) / len(near) < 2, "of some 15"


def test_no_request_is_refused_over_a_tool_like_the_one_asked_for() -> None:
    rng, kit, strangers = random.Random(0), Kit(TOOLS), 0
    for _ in range(400):
        scene = scene_of(kit, 3, DEFAULTS, rng)
        assert scene
        for stranger in scene.strangers(4, rng):
            strangers += 1
            assert all(LIKENESS.near(stranger.name).get(shown.name, 0) < ALIKE for shown in scene.tools)
        assert all(LIKENESS.near(scene.tools[0].name).get(tool.name, 0) < THE_SAME for tool in scene.tools[1:])
    assert strangers > 1200


def test_synonyms_and_endings_make_no_difference() -> None:
    assert content_words("Calculates the areas of triangles") == content_words("compute an area of a triangle")
    assert not content_words("getArea") & content_words("Delete a file")


def test_two_tools_that_say_the_same_are_wholly_alike() -> None:
    tools = [Tool("a", "Find a hotel in a city.", {}), Tool("b", "Search hotels in cities.", {}), Tool("c", "Add.", {})]
    assert Likeness(tools).near("a") == {"b": 1.0}
