"""Any language model of llama-index as a generator of answers, held to the same proof as every other.

    from assistant.backends.llm import LLMGenerator
    assistant = Assistant(policies, retriever, LLMGenerator(llm), settings)

The model gets the question and the clauses that were found, and proposes claims with quotes. What the clauses bear
out is kept (`assistant.answering.vetting`). If nothing is left, if the model fails, or takes longer than its budget,
the answer is the extractive one, as it would be without a model. Where the extractive generator refuses to answer, the
model is not asked.

`openai_like` makes the model that settings name, with any endpoint that speaks OpenAI's protocol; it needs the extra
`llm`. Models of llama-index need only their own package.
"""

from __future__ import annotations

import logging
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from assistant.answering import ExtractiveGenerator
from assistant.answering.citing import Claim, Draft
from assistant.answering.vetting import Vetter
from assistant.backends.llm.model import BEAT_S, Breaker, CallFailed, Model
from assistant.backends.llm.prompts import CLAIMS_SCHEMA, answer_prompt
from assistant.backends.llm.reply import ReplyReader
from assistant.corpus import thesaurus_of
from assistant.questions.forms import wants_all
from assistant.text import Language, language_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence

    from llama_index.core.llms import LLM

    from assistant.answering.vetting import Proposal
    from assistant.backends.llm.prompts import Prompt
    from assistant.retrieval.hits import Hit

__all__ = ["LLMGenerator"]

_log = logging.getLogger(__name__)

_MOST_PROPOSALS = 30
_MARGIN_S = 0.25
"""What is left of the budget for the answer's other steps."""
_LEAST_RETRY_S = 0.1
_RETRY_SHARE = 0.25
"""Share of the budget that must be left for a second try."""


class LLMGenerator:
    """Drafts answers with a language model of llama-index; threads may share it.

    Nothing it yields rests on the model's word: every claim's quote stands in its clause, and its words are borne out
    by the quote. It never raises for a failing model.

    Args:
        llm: The model, such as `llama_index.llms.ollama.Ollama(model="qwen3")`. One that retries by itself
            should be told not to: there is one budget.
        timeout_s: Longest time for a question, in seconds of wall-clock time, a second try included.
        max_citations: Largest number of quotes.
        min_quote_chars: Least number of letters and digits in a quote.
        structured: Whether the endpoint can be held to a JSON schema by `response_format`. One that turns out
            to refuse it is asked for lines of JSON instead.
        stream: Whether to ask for the reply piece by piece, so that the first claim is there before the last.
        breaker: When to leave the model alone: after five failures in a row, for half a minute, by default.
        closing: What to wait for when it is closed, in the event loop that the model is asked in.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        timeout_s: float = 8.0,
        max_citations: int = 5,
        min_quote_chars: int = 4,
        structured: bool = False,
        stream: bool = True,
        breaker: Breaker | None = None,
        closing: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._model = Model(llm, stream=stream, closing=closing)
        self._timeout_s = timeout_s
        self._max_citations = max_citations
        self._min_quote_chars = min_quote_chars
        self._structured = structured
        self._extractive = ExtractiveGenerator(max_citations=max_citations)
        self.breaker = breaker or Breaker()
        """When the model is left alone."""

    def generate(self, query: str, hits: Sequence[Hit], *, question: str = "") -> Draft:
        """See `assistant.answering.Generator.generate`; `question` as in `stream`."""
        return Draft(claims=tuple(claim for claim in self.stream(query, hits, question=question) if claim))

    def stream(
        self, query: str, hits: Sequence[Hit], *, question: str = "", language: Language | None = None
    ) -> Iterator[Claim | None]:
        """Yield verified claims as the model completes them; closing the iterator closes the request.

        Args:
            query: The question made to stand by itself.
            hits: The clauses, best first.
            question: As typed; the query by default.
            language: Of the answer; the question's by default.

        Yields:
            Claims, and None several times a second.
        """
        deadline = time.monotonic() + self._timeout_s - min(_MARGIN_S, self._timeout_s / 10)
        extracted = self._extractive.generate(query, hits).claims
        # Not for what is refused, nor for a list of all places, which a model would shorten.
        if not extracted or wants_all(query) or not self.breaker.admits():
            yield from extracted
            return
        told = 0
        try:
            with closing(self._claims(question or query, query, hits, language, deadline)) as claims:
                for claim in claims:
                    yield claim
                    told += claim is not None
                    if told >= self._max_citations:
                        break
        except CallFailed as error:
            self._note(error)
        except BaseException:
            # Given up by whoever asked, or our own fault: it says nothing of the model.
            self.breaker.done(failed=None)
            raise
        else:
            self.breaker.done(failed=False)
        if not told:
            yield from extracted

    def close(self) -> None:
        """Close connections; the generator may be used again afterwards."""
        self._model.close()

    def _note(self, failure: CallFailed) -> None:
        """Tell the breaker and the log that the model failed."""
        was_open = self.breaker.is_open
        self.breaker.done(failed=True, rest_s=failure.retry_after_s)
        # The first in a row is told: who asks one question alone would not learn that the model is too slow.
        level = logging.WARNING if failure.is_refusal or self.breaker.failures == 1 else logging.INFO
        _log.log(level, "the language model failed (%s): answers are extractive", failure.reason)
        if self.breaker.is_open and not was_open:
            _log.warning("the language model is left alone for a while (%s)", failure.reason)

    def _claims(
        self, question: str, query: str, hits: Sequence[Hit], language: Language | None, deadline: float
    ) -> Generator[Claim | None, None, None]:
        """Yield the claims that stand, of the first reply or of the second; None while there is none.

        Raises:
            CallFailed: If there was no reply that could be read to its end.
        """
        language = language or language_of(question)
        thesaurus = thesaurus_of(hit.policy for hit in hits)
        vetter = Vetter(hits, thesaurus, language=language, min_quote_chars=self._min_quote_chars)
        told, tries = 0, 0
        while True:
            tries += 1
            structured = self._structured
            prompt = answer_prompt(
                question, query, hits, language=language, most=self._max_citations, structured=structured
            )
            try:
                with closing(self._proposals(prompt, deadline, structured=structured)) as proposals:
                    for proposal in proposals:
                        claims = _vetted(vetter, proposal) if proposal else (None,)
                        told += sum(claim is not None for claim in claims)
                        yield from claims
            except CallFailed as error:
                if structured and error.status in (400, 422):
                    # It knows no schemas, or not this one.
                    self._structured = False
                elif error.is_refusal:
                    raise
                wait = max(error.retry_after_s, _LEAST_RETRY_S)
                left = deadline - time.monotonic() - wait
                if told or tries > 1 or left < _RETRY_SHARE * self._timeout_s:
                    raise
                yield from _waited(wait)
            else:
                return

    def _proposals(
        self, prompt: Prompt, deadline: float, *, structured: bool
    ) -> Generator[Proposal | None, None, None]:
        """Yield the proposals of one reply; None besides, with whatever arrives and while nothing does.

        Raises:
            CallFailed: If the reply fails, or has nothing that could be read.
        """
        options: dict[str, Any] = {"response_format": CLAIMS_SCHEMA} if structured else {}
        reader = ReplyReader()
        found = 0
        with closing(self._model.reply(prompt, deadline=deadline, options=options)) as pieces:
            for piece in pieces:
                # Whoever waits may give up while a model thinks aloud, too.
                yield None
                for proposal in reader.read(piece):
                    # Comparing takes its time too.
                    if time.monotonic() > deadline:
                        raise CallFailed("timeout")
                    found += 1
                    yield proposal
                    if found >= _MOST_PROPOSALS:
                        return
        if not found and not reader.claims_list_seen:
            raise CallFailed("reply not as asked")


def _vetted(vetter: Vetter, proposal: Proposal) -> tuple[Claim, ...]:
    vetted = vetter.vet(proposal)
    _log.debug("proposal %s: %s", vetted.outcome, vetted.reason.partition(":")[0])
    return vetted.claims


def _waited(seconds: float) -> Iterator[None]:
    """Wait, and yield None some times a second."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, BEAT_S))
        yield None
