"""The assistant: puts the steps of an answer in order."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assistant.answering import Answer, ExtractiveGenerator, Generator, StreamingGenerator
from assistant.answering.issuers import complaint_desks, issuers
from assistant.answering.overviews import as_section, overview
from assistant.answering.pointers import asked_by_number, with_pointed_at
from assistant.answering.wording import Part, answer, answered, answered_apart, in_turn
from assistant.conversation import CitedClause, Condensed, Turn, condense
from assistant.conversation.replies import chosen, cited_by, contacts, left, reason_of, reply_in, said, whole
from assistant.corpus import no_policy, open_corpus, thesaurus_of
from assistant.embedding import Embedder, bundled_embedders
from assistant.errors import IndexDamagedError, QuestionError, SettingsError
from assistant.index import IndexStore
from assistant.index.shards import Analyzer, Progress, names_in
from assistant.questions.forms import wants_all
from assistant.questions.rephrasing import unquoted
from assistant.questions.utterances import apart
from assistant.retrieval import Retriever
from assistant.text import Language, any_of, decides_language, language_of, normalized, visible, visible_line
from assistant.text.spelling import Speller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Generator as Closable

    from assistant.answering.citing import Claim, Draft
    from assistant.policy import Policy
    from assistant.retrieval import Reranker
    from assistant.retrieval.hits import Hit
    from assistant.settings import Settings


class Assistant:
    """Answers questions about the policies of a corpus. Stateless: safe to share.

    Use `Assistant.open`; the constructor is for those who bring their own parts.

    Args:
        policies: The policies.
        retriever: Finds clauses.
        generator: Drafts answers.
        settings: Options.
    """

    def __init__(
        self, policies: Sequence[Policy], retriever: Retriever, generator: Generator, settings: Settings
    ) -> None:
        self.policies = tuple(policies)
        self.retriever = retriever
        self.generator = generator
        self._streaming = generator if isinstance(generator, StreamingGenerator) else None
        self.settings = settings
        self._by_id = {policy.id: policy for policy in self.policies}
        self._names = tuple(name for policy in self.policies for name in policy.names)
        self._named_by = {policy.id: any_of(policy.names) for policy in self.policies}
        self._short_names = tuple(name for policy in self.policies for name in policy.short_names)
        self._thesaurus = thesaurus_of(self.policies)
        english = (" ".join(said) for policy in self.policies for said in policy.translations.values())
        names = [name for concept in self._thesaurus.concepts for name in concept.en]
        texts = [*(policy.text for policy in self.policies), *english]
        self._speller = Speller(texts, names, retriever.analyzer.tokenizer)
        self._extractive = ExtractiveGenerator(max_citations=settings.max_citations)

    @classmethod
    def open(
        cls,
        corpus: Path | str | None = None,
        *,
        settings: Settings | None = None,
        embedders: Sequence[Embedder] | None = None,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
        progress: Progress | None = None,
        waiting: Callable[[], object] | None = None,
    ) -> Assistant:
        """Open a corpus with its index, which is built first if it is missing or out of date.

        Parts that settings name and the core does not bring are those of `assistant.backends.parts`, as in
        `Assistant.open(settings=settings, **parts(settings))`.

        Args:
            corpus: Folder of policies; that of the settings by default.
            settings: Options; those of the environment by default.
            embedders: Embedding models; the bundled ones by default.
            generator: Drafts answers; the one that quotes by default.
            reranker: Puts the best clauses into their final order; none by default.
            progress: Told how far the building of the index is.
            waiting: Called once if another process builds it, which is waited for.

        Raises:
            SettingsError: If the settings name a model and the part that brings it is not given.
            CorpusError: If the corpus has no policies.
            PolicyError: If a policy cannot be read.
            PolicyIndexError: If the index cannot be read or written.
            ModelError: If an embedding model does not load.
        """
        settings, store, policies, analyzer, embedders = _opened(corpus, settings, embedders)
        _check_given(settings, generator, reranker)
        index = store.open(policies, analyzer, embedders) or store.build(
            policies, analyzer, embedders, progress=progress, waiting=waiting
        )
        retriever = Retriever(index, analyzer, embedders, reranker=reranker, rerank_k=settings.rerank_k)
        generator = generator or ExtractiveGenerator(max_citations=settings.max_citations)
        return cls(policies, retriever, generator, settings)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        policies: Sequence[str] | None = None,
        language: Language | None = None,
    ) -> Answer:
        """Answer a question from the policies.

        Args:
            question: The question, Chinese or English.
            history: What was said before, oldest first; the last 20 exchanges are read.
            policies: Ids of the policies to answer from; those that the question names by default,
                else all.
            language: What to answer in where neither the question nor one before it is in a language, such as `IMEI?`;
                English by default, and that of the policies if there is no letter in it, as in `？？？`.

        Returns:
            An answer whose every quote stands in its policy at the place cited, or the reason
            why there is none.

        Raises:
            QuestionError: If the question is empty or too long, or names a policy that is not there.
        """
        for piece in self._pieces(question, history, policies, language):
            if isinstance(piece, Answer):
                return piece
        raise RuntimeError("the answer ended without its end")

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        policies: Sequence[str] | None = None,
        language: Language | None = None,
    ) -> Iterator[str | Answer]:
        """Answer a question piece by piece: what is yielded has been verified, and is never taken back.

        A language model's claims are yielded as it makes them. While there is none, an empty piece comes now and then,
        so that whoever waits may give up: closing the iterator ends the work.

        Args:
            question: As in `ask`.
            history: As in `ask`.
            policies: As in `ask`.
            language: As in `ask`.

        Yields:
            Pieces of the answer's text, in order, then the answer: `"".join(pieces) == answer.text`.

        Raises:
            QuestionError: As `ask`, before the first piece.
        """
        for piece in self._pieces(question, history, policies, language):
            if isinstance(piece, Answer) and piece.abstained:
                yield piece.text
            yield piece

    def _pieces(
        self, question: str, history: Sequence[Turn], policies: Sequence[str] | None, language: Language | None
    ) -> Iterator[str | Answer]:
        """Yield the pieces of an answer, then the answer; of one that abstains only itself."""
        text, turns = self._checked(question), self._last_of(history)
        understood = self._understood(text, turns)
        scope = self._scope((understood.query, *understood.after), policies)
        said_so_far = (text, *(turn.question for turn in reversed(turns)))
        by_default: Language = "en" if any(map(str.isalpha, text)) else self._language_of(scope)
        asked = _Asked(text, _wanted_language(said_so_far, language or by_default))
        if asked.language != language_of(text):
            understood = replace(understood, reply=reply_in(understood.reply, asked.language))
        if understood.kind in ("smalltalk", "unclear"):
            yield said(text, understood, language=asked.language)
        elif understood.kind == "more":
            yield from self._more(asked, understood, scope)
        elif understood.kind in ("show", "human"):
            yield from self._shown(asked, understood, scope)
        else:
            parts = self._questions_apart(asked, turns, policies)
            least = self.settings.min_quote_chars
            yield from (
                answered_apart(question=text, parts=parts, min_quote_chars=least, language=asked.language)
                if parts
                else self._answered(asked, understood, scope)
            )

    def _understood(self, asked: str, turns: Sequence[Turn]) -> Condensed:
        """Say what a question asks after what was said before, its blanks and its slips of the pen put right."""
        found = condense(
            visible_line(asked), turns, names=self._names, short_names=self._short_names, thesaurus=self._thesaurus
        )
        if not found.place and (numbered := asked_by_number(asked, self.policies)):
            return Condensed(query=visible_line(asked), kind="show", cited=numbered)
        return replace(found, query=self._speller.mended(found.query))

    def _questions_apart(
        self, asked: _Asked, turns: Sequence[Turn], policies: Sequence[str] | None
    ) -> tuple[Part, ...]:
        """Return what a message asks, each with what answers it; nothing if it asks but one, or none is answered.

        What it asks of the assistant itself, such as 转人工, is among it; greetings and thanks ask nothing.
        """
        parts: dict[str, Part] = {}
        told = list(turns)
        for text, understood in self._each_understood(asked.text, told):
            # One question of a message is told in the language of all.
            found = replace(understood, reply=reply_in(understood.reply, asked.language))
            scope = self._scope((found.query, *found.after, asked.text), policies)
            part = self._part(text, found, scope)
            parts[part.query or text] = part
            cited = tuple((claim.policy_id, claim.clause_id) for claim in part.draft.claims)
            told.append(Turn(question=text, query=part.query, citations=cited))
        return tuple(parts.values()) if len(parts) > 1 and any(part.draft.claims for part in parts.values()) else ()

    def _each_understood(self, message: str, told: list[Turn]) -> Iterator[tuple[str, Condensed]]:
        """Yield each question of a message that asks several, and what it asks after what was told before it.

        Args:
            message: The message.
            told: What was told; whoever reads this adds each question to it before the next is read.
        """
        texts = apart(message)
        # A language model answers all of a message at once.
        for text in texts if len(texts) > 1 and not self._streaming else ():
            found = self._understood(text, told)
            if not found.is_polite:
                yield text, found

    def _part(self, text: str, found: Condensed, scope: Sequence[str]) -> Part:
        """Return one of several things that a message asks with what answers it."""
        if found.kind in ("smalltalk", "unclear"):
            return Part(asked=text, query="", reason=reason_of(found))
        if found.kind in ("show", "human"):
            draft, hits = self._whole(text, found, scope)
            if hits:
                return Part(asked=text, query="", draft=draft, hits=hits)
        hits = self._hits(found, scope, self._cited_so_far(text, found, scope) if found.kind == "more" else ())
        draft = self.generator.generate(found.query, hits)
        if found.kind == "more":
            return Part(asked=text, query="", draft=draft, hits=hits, reason=reason_of(found))
        return Part(asked=text, query=found.query, draft=draft, hits=hits)

    def _answered(
        self, asked: _Asked, understood: Condensed, scope: Sequence[str], without: Sequence[CitedClause] = ()
    ) -> Iterator[str | Answer]:
        """Answer a query, leaving out the clauses that were cited already."""
        hits = self._hits(understood, scope, without)
        with closing(self._claims(asked, understood.query, hits)) as claims:
            yield from self._worded(asked, understood.query, claims, hits)

    def _worded(
        self, asked: _Asked, query: str, claims: Iterable[Claim | None], hits: Sequence[Hit]
    ) -> Iterator[str | Answer]:
        """Put claims into words, each whose quote stands in its clause."""
        return answered(
            question=asked.text,
            query=query,
            claims=claims,
            hits=hits,
            min_quote_chars=self.settings.min_quote_chars,
            language=asked.language,
        )

    def _hits(self, asked: Condensed, scope: Sequence[str], without: Sequence[CitedClause] = ()) -> tuple[Hit, ...]:
        k = max(self.settings.k, _LIST_K) if wants_all(asked.query) else self.settings.k
        near = without if asked.kind == "more" else asked.cited if asked.kind in _SEARCHED else ()
        searched = unquoted(asked.query)
        hits = self.retriever.retrieve(searched, k=k + len(without), policies=scope, after=asked.after, near=near)
        if without:
            # Whoever asks what else there is was told what the clauses before point at.
            return left(hits, without, asked.told)[:k]
        searched_in = [policy for policy in self.policies if policy.id in scope]
        if own := issuers(asked.query, searched_in) or complaint_desks(asked.query, searched_in):
            named = {(hit.policy.id, hit.clause.id) for hit in own}
            hits = (*own, *(hit for hit in hits if (hit.policy.id, hit.clause.id) not in named))[:k]
        elif not self._streaming and (section := overview(searched, hits)):
            # A language model puts together itself what it is asked for.
            hits = (section, *hits)[:k]
        # A language model is given no more than what was found.
        return hits if self._streaming else with_pointed_at(hits)

    def _claims(self, asked: _Asked, query: str, hits: Sequence[Hit]) -> Closable[Claim | None, None, None]:
        """Yield what a generator claims, as it comes; closing this ends the generator's work."""
        if self._streaming:
            yield from self._streaming.stream(query, hits, question=asked.text, language=asked.language)
        else:
            yield from self.generator.generate(query, hits).claims

    def _cited(
        self, asked: str, understood: Condensed, scope: Sequence[str], without: Sequence[CitedClause] = ()
    ) -> tuple[CitedClause, ...]:
        """Return the clauses that answer a query; no language model is asked for that."""
        query, hits = understood.query, self._hits(understood, scope, without)
        draft, least = self._extractive.generate(query, hits), self.settings.min_quote_chars
        return cited_by(answer(question=asked, query=query, draft=draft, hits=hits, min_quote_chars=least))

    def _cited_so_far(self, asked: str, understood: Condensed, scope: Sequence[str]) -> tuple[CitedClause, ...]:
        """Return the clauses that the answers to a query cited; where that is not known, it is found out as before."""
        cited = understood.cited
        for _ in range(0 if cited else understood.rounds):
            cited += self._cited(asked, understood, scope, cited)
        return cited

    def _more(self, asked: _Asked, understood: Condensed, scope: Sequence[str]) -> Iterator[str | Answer]:
        """Answer what else there is to a query."""
        cited = self._cited_so_far(asked.text, understood, scope)
        for piece in self._answered(asked, understood, scope, cited):
            if isinstance(piece, Answer) and piece.abstained:
                yield said(asked.text, understood, piece.hits, language=asked.language)
            else:
                yield piece

    def _shown(self, asked: _Asked, understood: Condensed, scope: Sequence[str]) -> Iterator[str | Answer]:
        """Quote whole the clauses that answer a query, or one of them; for a person, those that tell the contact."""
        draft, hits = self._whole(asked.text, understood, scope)
        if not hits:
            yield from self._answered(asked, understood, scope)
            return
        yield from self._worded(asked, understood.query, draft.claims, hits)

    def _whole(self, asked: str, understood: Condensed, scope: Sequence[str]) -> tuple[Draft, tuple[Hit, ...]]:
        """Return what `_shown` quotes; nothing if nothing is to be shown."""
        cited = understood.cited
        if understood.kind == "human":
            cited = contacts(self.policy(policy_id) for policy_id in scope)
        cited = cited or self._cited(asked, understood, scope)
        in_scope = [clause for clause in chosen(cited, understood.place) if clause[0] in scope]
        if len(in_scope) == 1 and (section := as_section(self.policy(in_scope[0][0]), in_scope[0][1])):
            # Of a heading above many clauses, each is told.
            return self._extractive.generate(understood.query, [section]), (section,)
        return whole(in_scope[: self.settings.max_citations], self.policy)

    def search(self, question: str, *, k: int | None = None, policies: Sequence[str] | None = None) -> tuple[Hit, ...]:
        """Return the clauses that may answer a question, best first.

        Args:
            question: The question, Chinese or English.
            k: Largest number of hits, at least 1; that of the settings by default.
            policies: Ids of the policies to search; as in `ask` by default.

        Raises:
            QuestionError: If the question is empty or too long, or names a policy that is not there.
            ValueError: If `k` < 1.
        """
        query = self._speller.mended(visible_line(self._checked(question)))
        k = self.settings.k if k is None else k
        return self.retriever.retrieve(query, k=k, policies=self._scope((query,), policies))

    def understood(self, question: str, *, history: Sequence[Turn] = ()) -> str:
        """Return what a question is taken to ask, if it is searched for in other words than its own.

        Nothing is searched yet: a message that asks several things is read as if one of them at least had an answer.

        Args:
            question: The question.
            history: As in `ask`.

        Returns:
            What `Answer.query` will be; empty if that is the question as typed but for its blanks, and where it is
            said to the assistant, such as thanks, "anything else?" and 原文在哪.

        Raises:
            QuestionError: If the question is empty or too long.
        """
        text, turns = self._checked(question), self._last_of(history)
        found = self._understood(text, turns)
        if found.kind not in _SEARCHED:
            return ""
        parts: dict[str, Turn] = {}
        told = list(turns)
        for part, meant in self._each_understood(text, told):
            told.append(Turn(question=part, query=meant.query if meant.kind in _SEARCHED else ""))
            parts[told[-1].query or part] = told[-1]
        asked = parts.values() if len(parts) > 1 else [Turn(question=visible_line(text), query=found.query)]
        searched = [part for part in asked if part.query]
        if all(part.query == part.question for part in searched):
            return ""
        return in_turn(part.query for part in searched) if len(parts) > 1 else found.query

    def cited(self, question: str, *, history: Sequence[Turn] = ()) -> tuple[CitedClause, ...]:
        """Return the clauses that the answer to a question would quote; no language model is asked for that.

        Args:
            question: The question.
            history: As in `ask`.

        Returns:
            Ids of policies and of clauses in them, best first; none if there is no answer.

        Raises:
            QuestionError: As `ask`.
        """
        asked = self._checked(question)
        understood = self._understood(asked, self._last_of(history))
        return self._cited(asked, understood, self._scope((understood.query, *understood.after), None))

    def policy(self, policy_id: str) -> Policy:
        """Return the policy with this id.

        Raises:
            QuestionError: If there is none.
        """
        try:
            return self._by_id[policy_id]
        except KeyError:
            raise QuestionError(no_policy(policy_id, self._by_id)) from None

    def _checked(self, question: str) -> str:
        cleaned = visible(question).strip()
        if not cleaned:
            raise QuestionError("the question is empty: type what you want to know")
        longest = self.settings.max_question_chars
        if len(question) > longest:
            raise QuestionError(f"the question has {len(question):,} characters: ask in at most {longest:,}")
        return cleaned

    def _scope(self, queries: Sequence[str], policies: Sequence[str] | None) -> tuple[str, ...]:
        """Return the policies to answer from: those given, those that the first query to name any names, or all."""
        if policies is not None:
            if isinstance(policies, str):
                raise QuestionError(f"policies is the text {policies!r}: give a list of ids, such as [{policies!r}]")
            if not policies:
                raise QuestionError("policies is empty: name at least one, or leave it out to ask all")
            return tuple(dict.fromkeys(self.policy(policy_id).id for policy_id in policies))
        for asked in map(normalized, queries):
            if named := [policy_id for policy_id, names in self._named_by.items() if names.search(asked)]:
                return tuple(named)
        return tuple(policy.id for policy in self.policies)

    def _language_of(self, scope: Sequence[str]) -> Language:
        """Return the language of some policies, English if they are in several."""
        languages = {policy.language for policy in self.policies if policy.id in scope}
        return languages.pop() if len(languages) == 1 else "en"

    def _last_of(self, history: Sequence[Turn]) -> list[Turn]:
        """Return the exchanges of a conversation that are read."""
        return [self._cleaned(turn) for turn in history[-_MOST_TURNS:]]

    def _cleaned(self, turn: Turn) -> Turn:
        longest = self.settings.max_question_chars
        question, query = (visible(text)[:longest].strip() for text in (turn.question, turn.query))
        return replace(turn, question=question, query=query)


class _Asked(NamedTuple):
    """A question as typed, and what to answer it in."""

    text: str
    language: Language


def _wanted_language(questions: Sequence[str], otherwise: Language) -> Language:
    """Return the language of the first question that is in one."""
    decided = next((question for question in questions if decides_language(question)), None)
    return language_of(decided) if decided else otherwise


def _check_given(settings: Settings, generator: Generator | None, reranker: Reranker | None) -> None:
    """Refuse to leave out what the settings ask for.

    Raises:
        SettingsError: If they do, and it is not given.
    """
    # The core knows no framework: whoever calls it brings the models that need one.
    wanted = {
        "llm_base_url": (settings.llm_base_url, "generator", generator),
        "llm_model": (settings.llm_model, "generator", generator),
        "reranker": (settings.reranker, "reranker", reranker),
    }
    for name, (value, part, given) in wanted.items():
        if value and given is None:
            raise SettingsError(f"setting {name} is {value!r}: pass {part}=assistant.backends.{part}(settings)")


_SEARCHED = ("question", "follow_up")
"""Kinds of what is asked that are searched for as they are understood."""
_MOST_TURNS = 20
"""Exchanges of a conversation that are read, the last ones: as many as `Settings.session_turns` may be."""
_LIST_K = 30
"""Clauses that are retrieved for a question that asks for every place, at least."""


def build_index(
    *,
    settings: Settings | None = None,
    embedders: Sequence[Embedder] | None = None,
    progress: Progress | None = None,
    force: bool = False,
    waiting: Callable[[], object] | None = None,
) -> tuple[str, int]:
    """Build the index of the settings' corpus if it is missing, out of date or damaged, or if `force` is set.

    Returns:
        The version in use, and the number of policies in it.

    Raises:
        AssistantError: As `Assistant.open`.
    """
    settings, store, policies, analyzer, embedders = _opened(None, settings, embedders)
    index = None
    if not force:
        # What is damaged is built again: that is what the caller came for.
        with suppress(IndexDamagedError):
            index = store.open(policies, analyzer, embedders)
    index = index or store.build(policies, analyzer, embedders, progress=progress, force=force, waiting=waiting)
    return index.version, len(index.shards)


def _opened(
    corpus: Path | str | None, settings: Settings | None, embedders: Sequence[Embedder] | None
) -> tuple[Settings, IndexStore, tuple[Policy, ...], Analyzer, tuple[Embedder, ...]]:
    from assistant.settings import Settings

    settings = settings or Settings()
    if embedders is None and settings.embedder != "bundled":
        # The core knows no framework: whoever calls it brings the models that need one.
        raise SettingsError(
            f"setting embedder is {settings.embedder!r}, which is not bundled: "
            "pass embedders=assistant.backends.embedders(settings)"
        )
    if corpus is not None:
        settings = settings.model_copy(update={"corpus": Path(corpus).expanduser()})
    policies = open_corpus(*settings.corpus_dirs())
    names = [name for policy in policies for name in names_in(policy)]
    analyzer = Analyzer(thesaurus_of(policies), names, cache_dir=settings.cache_dir())
    store = IndexStore(settings.index_folder())
    return settings, store, policies, analyzer, tuple(embedders or bundled_embedders())
