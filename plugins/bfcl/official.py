"""The door to the official code: `python -I -S -B official.py FOLDER`, JSON lines in, JSON lines out.

Never imported by sftctl. It runs in a bare interpreter that sees the standard library and FOLDER alone (for Java and
JavaScript the parsers of an environment of its own too), so that bfcl-eval's pinned dependencies never meet ours.
Official functions decide everything; what they import for other purposes (vendors' SDKs, progress bars) is replaced by
empty modules.

Requests, one a line:
    {"do": "load", "category": C}                → {"items": [{"id", "messages", "tools", "truth"}, …]}
    {"do": "judge", "category": C, "id": I,
     "message": assistant message}               → {"ok": bool, "reason": official error type or "", "error": …}
"""

import json
import os
import sys
import tempfile
import types
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Any

MODEL = "sftctl"  # no underscore: the checker reads `_` in a model's name as `/`

STUBBED = frozenset(
    (
        "dotenv",
        "filelock",
        "openai",
        "overrides",
        "tenacity",
        "tqdm",
        "bfcl_eval.constants.model_config",
        "bfcl_eval.eval_checker.agentic_eval.agentic_checker",
        "bfcl_eval.eval_checker.eval_runner_helper",
        "bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker",
        "bfcl_eval.eval_checker.multi_turn_eval.multi_turn_utils",
        "bfcl_eval.model_handler.base_handler",
    )
)
"""What single-turn categories import and do not need."""
PARSERS = frozenset(("bfcl_eval.model_handler.parser.java_parser", "bfcl_eval.model_handler.parser.js_parser"))
"""What only Java and JavaScript need."""


class Nothing:
    """Stands for anything that a stubbed module offers: a base class, a decorator, a lock."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __call__(self, *_: Any, **__: Any) -> "Nothing":
        return self

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *_: object) -> None: ...


class Stubs(MetaPathFinder, Loader):
    """Finds modules that are not needed before Python does."""

    def __init__(self) -> None:
        self.names = STUBBED if find_spec("tree_sitter") else STUBBED | PARSERS

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in self.names else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        module = types.ModuleType(spec.name)
        contents: dict[str, Any] = {"__all__": [], "__getattr__": lambda name: Nothing}
        if spec.name == "bfcl_eval.constants.model_config":
            # All that the checker asks of a model: are the dots of tool names sent as underscores?
            contents["MODEL_CONFIG_MAPPING"] = {MODEL: types.SimpleNamespace(underscore_to_dot=True)}
        vars(module).update(contents)
        return module

    def exec_module(self, module: types.ModuleType) -> None: ...


class Official:
    """bfcl-eval's own loader, OpenAI handler and runner."""

    def __init__(self) -> None:
        self.data = import_module("bfcl_eval.utils")
        self.enums = import_module("bfcl_eval.constants.enums")
        self.runner = import_module("bfcl_eval.eval_checker.eval_runner")
        handlers = import_module("bfcl_eval.model_handler.api_inference.openai_completion")
        self.handler = object.__new__(handlers.OpenAICompletionsHandler)  # its __init__ opens a client
        self.handler.is_fc_model = True
        self.handler.model_style = self.enums.ModelStyle.OPENAI_COMPLETIONS
        self.entries = cache(self._entries)

    def load(self, category: str) -> dict[str, Any]:
        """What the official generator would send for each entry, and the answers it would accept."""
        truths = self.entries(category)
        items = []
        for entry in self.data.load_dataset_entry(category):  # as for generation: with the language hint
            tools = self.handler._compile_tools({}, entry)["tools"]
            truth = truths[entry["id"]][1]
            items.append({"id": entry["id"], "messages": entry["question"][0], "tools": tools, "truth": truth})
        return {"items": items}

    def judge(self, category: str, id: str, message: dict[str, Any]) -> dict[str, Any]:
        """The official verdict on an assistant message; wrong where the official runner would crash."""
        entry, truth = self.entries(category)[id]
        language = "JAVA" if self.data.is_java(category) else "JAVASCRIPT" if self.data.is_js(category) else "PYTHON"
        result = self.handler._parse_query_response_FC(response_of(message))["model_responses"]
        try:
            if "relevance" in category:
                verdict = self.runner._evaluate_single_relevance_entry(self.handler, id, result, entry, MODEL, category)
            else:
                verdict = self.runner._evaluate_single_ast_entry(
                    self.handler,
                    id,
                    result,
                    truth,
                    entry,
                    MODEL,
                    category,
                    self.enums.Language[language],
                    self.enums.ReturnFormat[language],
                )
        except Exception as error:
            return {"ok": False, "reason": f"checker_crashed:{type(error).__name__}", "error": str(error)}
        return {"ok": verdict["valid"], "reason": verdict.get("error_type", ""), "error": verdict.get("error")}

    def _entries(self, category: str) -> dict[str, tuple[dict[str, Any], Any]]:
        """Entry (as for checking) and ground truth by id."""
        entries = self.data.load_dataset_entry(category, include_language_specific_hint=False)
        if "relevance" in category:
            return {entry["id"]: (entry, None) for entry in entries}
        truths = {row["id"]: row["ground_truth"] for row in self.data.load_ground_truth_entry(category)}
        return {entry["id"]: (entry, truths[entry["id"]]) for entry in entries}


def response_of(message: dict[str, Any]) -> types.SimpleNamespace:
    """The message as the object that the OpenAI client would have returned."""
    answer = json.loads(json.dumps(message), object_hook=lambda fields: types.SimpleNamespace(**fields))
    answer.content = getattr(answer, "content", None)
    answer.tool_calls = getattr(answer, "tool_calls", None) or None
    usage = types.SimpleNamespace(prompt_tokens=0, completion_tokens=0)
    return types.SimpleNamespace(choices=[types.SimpleNamespace(message=answer)], usage=usage)


def main() -> None:
    replies, sys.stdout = sys.stdout, sys.stderr  # official code prints
    sys.meta_path.insert(0, Stubs())
    sys.path.insert(0, sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["BFCL_PROJECT_ROOT"] = scratch  # importing bfcl_eval makes folders there
        official = Official()
        for line in sys.stdin:
            request = json.loads(line)
            reply = getattr(official, request.pop("do"))(**request)
            print(json.dumps(reply), file=replies)


if __name__ == "__main__":
    main()
