from pathlib import Path

import pytest
from reports import report_on


@pytest.fixture(scope="session")
def reported_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reported")
    return report_on(folder / "a-run-with-a-rather-long-name-that-must-not-widen-the-page")
