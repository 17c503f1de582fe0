"""JSON and YAML documents, from a file or a URL, as JSON values."""

import json
from pathlib import Path
from typing import Any

from sftctl.core.errors import ToolsetError
from sftctl.core.types import Json, to_json

SUFFIXES = (".json", ".yaml", ".yml")
FETCH_TIMEOUT = 30.0
"""Seconds."""


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def is_document(text: str) -> bool:
    """Whether it is the name of a JSON or YAML file."""
    return not is_url(text) and Path(text).suffix.lower() in SUFFIXES


def read_text(text: str) -> str:
    """The text of a document, from a file or a URL. Raises ToolsetError."""
    if is_url(text):
        return _fetch(text)
    try:
        return Path(text).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ToolsetError(f"Toolset file {text} does not exist.", "Give the path of a document.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ToolsetError(f"Toolset {text} cannot be read: {error}.") from None


def parse(content: str, where: str) -> Json:
    """A document's value. YAML's dates stay strings and its keys become strings, as in JSON. Raises ToolsetError."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ToolsetError(f"Toolset {where} is nested too deeply.") from None
    except ValueError as error:
        if where.endswith(".json") or content.lstrip()[:1] in ("{", "["):
            raise ToolsetError(f"Toolset {where} cannot be read as JSON: {error}.") from None
    return _parse_yaml(content, where)


def _fetch(url: str) -> str:
    import httpx

    try:
        answer = httpx.get(url, timeout=FETCH_TIMEOUT, follow_redirects=True)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ToolsetError(f"Toolset {url} cannot be fetched: {error or type(error).__name__}.") from None
    return answer.text


def _parse_yaml(content: str, where: str) -> Json:
    import yaml

    try:
        return to_json(_with_text_keys(yaml.load(content, _safe_loader())))  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ToolsetError(f"Toolset {where}{line} is not YAML: {getattr(error, 'problem', error)}.") from None
    except (ValueError, RecursionError) as error:
        raise ToolsetError(f"Toolset {where} holds what JSON has not: {error}.") from None


def _safe_loader() -> Any:
    """A safe loader that reads dates as what they are in JSON: strings."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _with_text_keys(inner) for key, inner in value.items()}
    return [_with_text_keys(inner) for inner in value] if isinstance(value, list) else value


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)
