"""`POST /v1/chat/completions`."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from sftctl.serve.answering import Answering
from sftctl.serve.chat_request import read_chat
from sftctl.serve.completion import Completion
from sftctl.serve.connection import EventResponse, body_of, plain_failure, while_connected
from sftctl.serve.service import Service


def add_chat(app: FastAPI, service: Service) -> None:
    @app.post("/v1/chat/completions")
    async def create_chat_completion(request: Request) -> Response:
        """Answer a conversation, streamed or whole."""
        deadline = service.deadline()
        asked = read_chat(await deadline.wait(body_of(request)))
        service.check_length(*asked.length)
        model = service.find(asked.model)
        answering = await service.answer(model, asked.asked(service.max_tokens), deadline)
        completion = Completion(model.name, asked, answering, service.spell(model))
        if asked.stream:
            return EventResponse(answering, completion.events(), plain_failure, remarks(answering))
        await while_connected(request, answering.finish())
        return JSONResponse(completion.whole(), headers=remarks(answering))


def remarks(answering: Answering) -> dict[str, str]:
    """Headers that say what was not held to its schema, and which parts of the conversation nobody read."""
    plan = answering.plan
    said = {"X-Sftctl-Unconstrained-Tools": plan.relaxed, "X-Sftctl-Ignored": plan.ignored}
    return {name: _header(", ".join(words)) for name, words in said.items() if words}


def _header(text: str) -> str:
    """Text fit for a header: printable ASCII, of a length that every client takes."""
    return text[:1000].encode("unicode_escape").decode() + ("..." if len(text) > 1000 else "")
