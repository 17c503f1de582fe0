"""vLLM's server as far as the engine asks it: it answers a prompt with the prompt, or as the first token says.

Every request is noted in the file that VLLM_FAKE_NOTES names, a line of JSON each.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

CRASH, ENDLESS, REFUSED, FAILS, GARBAGE, ABORTED = range(301, 307)
adapters = set[str]()
app = FastAPI()


def note(path: str, body: Any) -> None:
    with Path(os.environ["VLLM_FAKE_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps([path, body]) + "\n")


def refusal(message: str) -> Response:
    return JSONResponse({"error": {"message": message, "code": 400}}, 400)


@app.get("/health")
def health() -> Response:
    return Response()


@app.get("/v1/models")
def models() -> Any:
    return {"data": [{"id": "base", "max_model_len": 50}]}


@app.post("/v1/load_lora_adapter")
async def load(request: Request) -> Response:
    body = await request.json()
    note("load", body)
    if json.loads((Path(body["lora_path"]) / "adapter_config.json").read_text()).get("r", 0) > 64:
        return refusal("LoRA rank 128 is greater than max_lora_rank 64.")
    adapters.add(body["lora_name"])
    return PlainTextResponse("Success.")


@app.post("/v1/unload_lora_adapter")
async def unload(request: Request) -> Response:
    body = await request.json()
    note("unload", body)
    adapters.remove(body["lora_name"])
    return PlainTextResponse("Success.")


@app.post("/v1/completions")
async def complete(request: Request) -> Response:
    body = await request.json()
    note("completions", body)
    if body["model"] not in {"base", *adapters}:
        return refusal(f"The model `{body['model']}` does not exist.")
    if body["prompt"][0] == REFUSED:
        return refusal("Token id 301 is out of vocabulary.")
    if body.get("stream"):
        return StreamingResponse(stream(body), media_type="text/event-stream")
    kept, reason = written(body)
    rows = [None, *({str(token): {"logprob": -0.5}, "7": {"logprob": -0.25}} for token in body["prompt"][1:])]
    choice = {"finish_reason": reason, "prompt_logprobs": rows, **tokens(kept, body)}
    return JSONResponse({"choices": [choice], "usage": usage(body, len(kept))})


def written(body: Any) -> tuple[list[int], str]:
    """The answer, and why it ends."""
    kept: list[int] = []
    for token in body["prompt"]:
        if len(kept) == body["max_tokens"]:
            break
        kept.append(token)
        if token in body["stop_token_ids"]:
            return kept, "stop"
    return kept, "length"


def tokens(kept: list[int], body: Any) -> dict[str, Any]:
    """A part of an answer as vLLM writes it: the token itself comes first among its alternatives."""
    if body["logprobs"] is None:
        return {"token_ids": kept, "logprobs": None}
    others = [{f"token_id:{token}": -1.5, "token_id:8": -0.25, "token_id:9": -1.75} for token in kept]
    return {"token_ids": kept, "logprobs": {"token_logprobs": [-1.5] * len(kept), "top_logprobs": others}}


def usage(body: Any, written: int) -> dict[str, Any]:
    details = {"cached_tokens": 2}
    return {"prompt_tokens": len(body["prompt"]), "completion_tokens": written, "prompt_tokens_details": details}


async def stream(body: Any) -> AsyncIterator[str]:
    first = body["prompt"][0]
    kept, reason = written(body)
    try:
        while True:
            yield event({"choices": [{"finish_reason": None, **tokens(kept[:1], body)}]})
            if first != ENDLESS:
                break
            await asyncio.sleep(0.02)
    except (asyncio.CancelledError, GeneratorExit):
        note("gone", None)
        raise
    if first == CRASH:
        print("(EngineCore) ERROR [core.py:1] RuntimeError: the engine broke", file=sys.stderr, flush=True)
        print("(APIServer) ERROR [core.py:2] EngineDeadError: see above", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if first == FAILS:
        yield event({"error": {"message": "EngineCore encountered an issue."}})
    elif first == GARBAGE:
        yield "data: {garbage\n\n"
    elif first == ABORTED:
        yield event({"choices": [{"finish_reason": "abort", **tokens([], body)}]})
    else:
        yield event({"choices": [{"finish_reason": reason, **tokens(kept[1:], body)}]})
    yield event({"choices": [], "usage": usage(body, len(kept))}) + "data: [DONE]\n\n"


def event(content: Any) -> str:
    return f"data: {json.dumps(content)}\n\n"


if __name__ == "__main__":
    options = sys.argv[1:]
    note("start", [options, os.environ["HF_HUB_OFFLINE"]])
    if "--broken" in options:
        print("WARNING [system.py:1] this can cause errors like `OSError: too many files`")
        print("ValueError: this model is broken")
        sys.exit(1)
    if "--silent" in options:
        print("a warning: nothing")
        sys.exit(1)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", os.environ["VLLM_FAKE_NOTES"]])
    uvicorn.run(app, uds=options[options.index("--uds") + 1], log_level="warning")
