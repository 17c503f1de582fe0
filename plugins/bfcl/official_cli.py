"""The official command line for one model: `python -I -B official_cli.py FOLDER MODEL generate|evaluate …`.

Never imported by sftctl. It runs in the environment `bfcl-command-line`, registers the served MODEL under the name
`sftctl`, with the official handler of OpenAI's chat completions, and leaves all else to bfcl-eval.
"""

import os
import sys
import types
from importlib import import_module

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
    for name, contents in {
        "bfcl_eval.constants.model_config": {"MODEL_CONFIG_MAPPING": {NAME: registered}},
        "bfcl_eval.model_handler.local_inference.base_oss_handler": {"OSSHandler": type("OSSHandler", (), {})},
    }.items():
        module = types.ModuleType(name)
        vars(module).update(contents)
        sys.modules[name] = module
    sys.argv[1:] = sys.argv[3:]
    import_module("bfcl_eval.__main__").cli()


if __name__ == "__main__":
    main()
