"""Agent frameworks against a running server: a tool is called, runs, and its result is answered from.

Each is skipped where it is not installed; none is a dependency.
"""

import asyncio
from typing import Any

import pytest
from openai import AsyncOpenAI


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"mild in {city}"


ANSWER = "The result is mild in Köln."


@pytest.mark.parametrize("kind", ["OpenAIChatCompletionsModel", "OpenAIResponsesModel"])
def test_openai_agents(url: str, kind: str) -> None:
    agents: Any = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)

    async def run() -> tuple[Any, Any]:
        model = getattr(agents, kind)("exact", openai_client=AsyncOpenAI(base_url=url, api_key="none"))
        agent = agents.Agent(name="a", model=model, tools=[agents.function_tool(get_weather)])
        streamed = agents.Runner.run_streamed(agent, "weather")
        async for _ in streamed.stream_events():
            pass
        return (await agents.Runner.run(agent, "weather")).final_output, streamed.final_output

    assert asyncio.run(run()) == (ANSWER, ANSWER)


@pytest.mark.parametrize("kind", ["OpenAIChatModel", "OpenAIResponsesModel"])
def test_pydantic_ai(url: str, kind: str) -> None:
    pydantic_ai: Any = pytest.importorskip("pydantic_ai")
    models: Any = pytest.importorskip("pydantic_ai.models.openai")
    providers: Any = pytest.importorskip("pydantic_ai.providers.openai")
    model = getattr(models, kind)("exact", provider=providers.OpenAIProvider(base_url=url, api_key="none"))
    agent = pydantic_ai.Agent(model, tools=[get_weather])
    assert asyncio.run(agent.run("weather")).output == ANSWER


@pytest.mark.parametrize("responses", [False, True])
def test_langchain(url: str, responses: bool) -> None:
    langchain_openai: Any = pytest.importorskip("langchain_openai")
    messages: Any = pytest.importorskip("langchain_core.messages")
    chat = langchain_openai.ChatOpenAI(model="exact", base_url=url, api_key="none", use_responses_api=responses)
    bound = chat.bind_tools([get_weather])
    first = bound.invoke("weather")
    (call,) = first.tool_calls
    result = messages.ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"])
    assert bound.invoke([messages.HumanMessage("weather"), first, result]).text == ANSWER
