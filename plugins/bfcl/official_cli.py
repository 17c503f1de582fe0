"""The official command line for one model: `python -I -B official_cli.py FOLDER MODEL generate|evaluate …`.

Never imported by sftctl. It runs in the environment `bfcl-command-line`, registers the served MODEL under the name
`sftctl`, with the official handler of OpenAI's chat completions, and leaves all else to bfcl-eval.
"""

import os
import sys
import types
from importlib import import_module
from typing import Any

NAME = "sftctl"  # no underscore: bfcl-eval reads `_` in a model's name as `/`


def main() -> None:
    folder, model = sys.argv[1:3]
    sys.path.insert(0, folder)
    os.environ.setdefault("OPENAI_API_KEY", "none")
    handlers = import_module("bfcl_eval.model_handler.api_inference.openai_completion")
    registered = types.SimpleNamespace(
        model_name=model,
        display_name=model,
        url="",
        org="",
        license="",
        model_handler=handlers.OpenAICompletionsHandler,
        input_price=None,
        output_price=None,
        is_fc_model=True,
        underscore_to_dot=True,
    )
    # In place of modules that import every vendor's client:
    replace_module("bfcl_eval.constants.model_config", "MODEL_CONFIG_MAPPING", {NAME: registered})
    local = "bfcl_eval.model_handler.local_inference.base_oss_handler"
    replace_module(local, "OSSHandler", type("OSSHandler", (), {}))
    sys.argv[1:] = sys.argv[3:]
    import_module("bfcl_eval.__main__").cli()


def replace_module(path: str, name: str, content: Any) -> None:
    """Let an import of `path` find a module with nothing but this in it."""
    module = types.ModuleType(path)
    setattr(module, name, content)
    sys.modules[path] = module


if __name__ == "__main__":
    main()
