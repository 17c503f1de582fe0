"""The settings of a teacher: a larger model behind any OpenAI-compatible endpoint that helps to write data."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sftctl.core.remote.endpoint import key_from, plain_url
from sftctl.core.types import Json

API_KEYS = ("SFTCTL_TEACHER_API_KEY", "OPENAI_API_KEY")
"""Environment variables that the key is looked for in, in this order. It is never a setting: settings are written."""


class TeacherConfig(BaseModel):
    """How a teacher is asked, for what, and how much it may cost."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(description="the endpoint, e.g. http://127.0.0.1:8000/v1")
    model: str = Field(min_length=1, description="the model that writes")
    share: float = Field(0.5, ge=0, le=1, description="share of the requests that it rewrites")
    invent: int = Field(4, ge=0, description="requests that it invents for each tool without request templates")
    languages: dict[str, float] = Field(
        {}, description="language → share of the requests it rewrites that are put in it, e.g. {German: 0.1}"
    )
    votes: int = Field(0, ge=0, le=9, description="votes on each text that passed the checks; a majority keeps it")
    judge_model: str | None = Field(None, description="the model that votes; null: the one that writes")
    temperature: float | None = Field(0.8, ge=0, le=2, description="of what is written; null: the endpoint's own")
    seed: int | None = Field(None, description="sent to the endpoint; null: not sent, since some refuse it")
    max_tokens: int = Field(512, ge=1, description="longest answer, in tokens; a model that thinks needs more")
    token_budget: int | None = Field(
        1_000_000, ge=0, description="tokens that may be spent in this run folder, over all tries; null: no limit"
    )
    concurrency: int = Field(8, ge=1, le=256, description="requests under way at once")
    timeout: float = Field(60.0, gt=0, description="seconds that one try may take")
    retries: int = Field(4, ge=0, description="further tries after a time-out, a rate limit or a server's error")
    required: bool = Field(False, description="stop when it fails to answer, instead of going on without")

    @field_validator("base_url")
    @classmethod
    def _is_a_plain_url(cls, url: str) -> str:
        return plain_url(url, API_KEYS[0])

    @field_validator("languages")
    @classmethod
    def _are_shares(cls, languages: dict[str, float]) -> dict[str, float]:
        if any(share < 0 for share in languages.values()) or sum(languages.values()) > 1:
            raise ValueError("must be shares from 0 to 1, together at most 1")
        return languages

    def decisive(self) -> Json:
        """The settings that decide what is written: not where the model is served, nor how patiently it is asked."""
        return self.model_dump(exclude={"base_url", "concurrency", "timeout", "retries"})


def teacher_key() -> str:
    """The API key from the environment; empty where there is none."""
    return key_from(API_KEYS)
