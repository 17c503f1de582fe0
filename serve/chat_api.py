"""`POST /v1/chat/completions`."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from sftctl.serve.answering import Answering
from sftctl.serve.chat_request import read_chat
from sftctl.serve.completion import Completion
from sftctl.serve.connection import EventResponse, plain_failure, while_connected
from sftctl.serve.service import Service


def add_chat(app: FastAPI, service: Service) -> None:
    @app.post("/v1/chat/completions")
    async def create_chat_completion(request: Request) -> Response:
        """Answer a conversation, streamed or whole."""
        asked = read_chat(await request.body())
        model = service.find(asked.model)
        answering = await service.answer(model, asked.asked(service.max_tokens))
        completion = Completion(model.name, answering, service.spell(model), asked.include_usage)
        if asked.stream:
            return EventResponse(answering, completion.events(), plain_failure, remarks(answering))
        await while_connected(request, answering.finish())
        return JSONResponse(completion.whole(), headers=remarks(answering))


def remarks(answering: Answering) -> dict[str, str]:
    """Headers that say what was not held to its schema."""
    names = ", ".join(answering.plan.relaxed)
    return {"X-Sftctl-Unconstrained-Tools": names.encode("ascii", "backslashreplace").decode()} if names else {}
