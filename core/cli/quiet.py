"""Keeping other libraries quiet, so that a command says only what is its own."""

import logging
import os

from sftctl.core.store import APART


def quiet_libraries() -> None:
    """Keep other libraries' progress bars and warnings off the screen, before they are imported.

    During a run they go to its run.log.
    """
    silence = ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS", "TRANSFORMERS_NO_ADVISORY_WARNINGS")
    for name in silence:
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")  # else each of its retries is told
    logging.getLogger().addHandler(logging.NullHandler())  # else what has no handler is printed
    for name in APART:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(True)
