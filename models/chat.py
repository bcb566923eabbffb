"""`ChatVLM`: a local vision-language model as a LangChain chat model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from ..errors import BadInput
from .messages import read_blocks
from .request import DEFAULT_MAX_NEW_TOKENS, Request, Response, Turn

if TYPE_CHECKING:
    from ..settings import Settings

_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class ChatVLM(BaseChatModel):
    """A local image-text-to-text model behind LangChain's interface; concurrent calls are batched by its engine.

    Answers carry `response_metadata`: `logprobs` (OpenAI's shape, first tokens only; read P(True) from them with
    `probability.p_true`), `familiarity` (0..1 or None), `model_name`, `finish_reason`; and `usage_metadata`.
    Every parameter can also be given a call: `model.invoke(messages, max_new_tokens=32, stop=["\\n"])`.

    Attributes:
        engine: a `LocalEngine`; several chat models may share one.
        max_new_tokens: answer length in tokens; None takes the model folder's own, or 128.
        temperature: 0 is greedy and repeatable; above 0 samples.
        seed: makes sampling repeatable.

    Raises:
        BadInput: (from a call) messages the model cannot take.
        RunFailed: (from a call) the model failed, or its engine is closed.
    """

    engine: Any = Field(exclude=True, repr=False)
    max_new_tokens: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    seed: int | None = None

    @classmethod
    def from_name(cls, name: str, settings: Settings | None = None, **parameters: Any) -> ChatVLM:
        """Load a local model by name (`nano`, a folder, a Hugging Face id in the local cache).

        Args:
            name: as above; a local model is loaded once a process.
            settings: device and threads; None takes the process's.
            parameters: max_new_tokens, temperature, seed.

        Raises:
            BadInput: no such model, or one that cannot be loaded.
        """
        from .loading import load_engine

        return cls(engine=load_engine(name, settings), **parameters)

    @property
    def model_name(self) -> str:
        """The engine's name, e.g. `nano@1a2b3c4d`."""
        return self.engine.name

    @property
    def regions_only(self) -> bool:
        """True where the model reads crops of regions, and of a whole image without findings knows nothing."""
        return self.engine.card.regions_only

    @property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """By defect type, the words people ask for it with; empty for a model that reads questions itself."""
        return self.engine.card.terms

    @property
    def familiarity_threshold(self) -> float:
        """Familiarity at or below which an image is not what the model was trained on."""
        return self.engine.card.familiarity_threshold

    @property
    def surprise_limit(self) -> float | None:
        """Surprise of an image's windows above which it is none of the model's world; None where it cannot tell."""
        return self.engine.card.surprise_limit

    @property
    def _llm_type(self) -> str:
        return "sage-inspect"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "model_name": self.model_name,
            "max_new_tokens": self.max_new_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }

    def _request(self, messages: Sequence[BaseMessage], stop: Sequence[str] | None, options: dict[str, Any]) -> Request:
        limit = options.get("max_new_tokens") or options.get("max_tokens") or self.max_new_tokens
        temperature, seed = options.get("temperature"), options.get("seed")
        return Request(
            turns=tuple(map(_turn, messages)),
            max_new_tokens=limit or self.engine.card.max_new_tokens or DEFAULT_MAX_NEW_TOKENS,
            temperature=self.temperature if temperature is None else temperature,
            seed=self.seed if seed is None else seed,
            stop=tuple(s for s in stop or () if s),
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._result(self.engine.generate(self._request(messages, stop, kwargs)))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # Decoding images takes milliseconds: not on the event loop.
        future = await asyncio.to_thread(lambda: self.engine.submit(self._request(messages, stop, kwargs)))
        return self._result(await asyncio.wrap_future(future))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self.engine.stream(self._request(messages, stop, kwargs)):
            chunk = self._chunk(piece)
            if run_manager is not None:
                run_manager.on_llm_new_token(cast(str, chunk.message.content), chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | Response | BaseException | None] = asyncio.Queue()
        left = threading.Event()

        def pump() -> None:
            try:
                for piece in self.engine.stream(self._request(messages, stop, kwargs)):
                    loop.call_soon_threadsafe(pieces.put_nowait, piece)
                    if left.is_set():
                        return
                loop.call_soon_threadsafe(pieces.put_nowait, None)
            except RuntimeError:
                return  # the event loop was closed: nobody listens any more
            except Exception as error:  # handed to the listener
                loop.call_soon_threadsafe(pieces.put_nowait, error)

        threading.Thread(target=pump, name="sage-inspect-stream", daemon=True).start()
        try:
            while (piece := await pieces.get()) is not None:
                if isinstance(piece, BaseException):
                    raise piece
                chunk = self._chunk(piece)
                if run_manager is not None:
                    await run_manager.on_llm_new_token(cast(str, chunk.message.content), chunk=chunk)
                yield chunk
        finally:
            left.set()

    def _chunk(self, piece: str | Response) -> ChatGenerationChunk:
        if isinstance(piece, str):
            return ChatGenerationChunk(message=AIMessageChunk(content=piece))
        message = AIMessageChunk(
            content="", response_metadata=self._metadata(piece), usage_metadata=_usage(piece), chunk_position="last"
        )
        return ChatGenerationChunk(message=message, generation_info={"finish_reason": piece.finish_reason})

    def _result(self, response: Response) -> ChatResult:
        message = AIMessage(
            content=response.text, response_metadata=self._metadata(response), usage_metadata=_usage(response)
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _metadata(self, response: Response) -> dict[str, Any]:
        return {
            "logprobs": response.logprobs,
            "familiarity": response.familiarity,
            "model_name": self.model_name,
            "finish_reason": response.finish_reason,
        }


def _usage(response: Response) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=response.input_tokens,
        output_tokens=response.output_tokens,
        total_tokens=response.input_tokens + response.output_tokens,
    )


def _turn(message: BaseMessage) -> Turn:
    role = _ROLES.get(message.type.removesuffix("MessageChunk").lower())
    if role is None:
        raise BadInput(
            f"a message of type {message.type!r}",
            "the local model reads system, human and ai messages",
            "give a tool's result as a human message",
        )
    images, text = read_blocks(message)
    return Turn(cast(Any, role), tuple(images), text)
