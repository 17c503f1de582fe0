"""An answer to an evaluator while it is being written: tokens in, and at the end a message."""

from sftctl.core.types import Answer, Message, fold
from sftctl.serve.planning import Plan
from sftctl.serve.text import TextStream


class Reply:
    """One answer while it is being written."""

    def __init__(self, plan: Plan) -> None:
        self.ended = False
        self._plan = plan
        self._cut = True  # until a stop token or a stop string is seen
        self._stop_ids = plan.model.stops(plan.sampling)
        self._text = TextStream(plan.model.tokenizer, plan.sampling.stop, plan.sampling.keep_stop)
        self._tokens = 0

    def push(self, token: int) -> str:
        """The increment of text that `token` brings."""
        self._tokens += 1
        increment = "" if token in self._stop_ids else self._text.push(token)
        if token in self._stop_ids or self._text.stopped:
            self.ended, self._cut = True, False
        return increment

    def finish(self) -> str:
        """What was held back; call it once no token follows."""
        increment = self._text.finish()
        if self._text.stopped:  # a stop string completed by the very last bytes
            self._cut = False
        return increment

    def answer(self, seconds: float = 0.0) -> Answer:
        message = self._message()
        reason = "length" if self._cut else "tool_calls" if message.get("tool_calls") else "stop"
        return Answer(message, self._text.text, reason, len(self._plan.prompt), self._tokens, seconds)

    def _message(self) -> Message:
        """The parsed message; where no tools were offered, whatever was written is just text."""
        if not self._plan.calls:
            return {"role": "assistant", "content": self._text.text}
        parser = self._plan.model.chat_format.parser(eager=self._plan.grammar is not None)
        deltas = [*parser.push(self._text.text), *parser.finish()]
        return fold(deltas, parser.error)
