"""Fixtures: a teacher's endpoint."""

from collections.abc import Iterator

import pytest
from teachers import Teacher, teaching


@pytest.fixture
def server() -> Iterator[tuple[Teacher, str]]:
    with teaching() as running:
        yield running
