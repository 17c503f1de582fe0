"""Names of tools as OpenAI's API allows them."""

import re

LONGEST_NAME = 64
_LEGAL = re.compile(rf"[a-zA-Z0-9_-]{{1,{LONGEST_NAME}}}")


def legal(name: str) -> str:
    """The name in at most 64 letters, digits, `_` and `-`: what else there is becomes `_`. Empty if nothing is left."""
    if _LEGAL.fullmatch(name):
        return name
    return re.sub(r"_{2,}", "_", re.sub(r"[^a-zA-Z0-9_-]+", "_", name)).strip("_")[:LONGEST_NAME]
