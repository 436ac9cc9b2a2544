"""The assistant: puts the steps of an answer in order."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.answer_types import wants_all
from assistant.answering import Answer, ExtractiveGenerator, Generator, answer
from assistant.conversation import CitedClause, Condensed, Turn, condense
from assistant.corpus import open_corpus
from assistant.embedding import Embedder, bundled_embedders
from assistant.errors import IndexDamagedError, QuestionError, SettingsError
from assistant.index import Analyzer, IndexStore, Progress, names_in
from assistant.replies import chosen, cited_by, contacts, left, said, whole
from assistant.retrieval import Hit, Retriever
from assistant.text import any_of, normalized, visible
from assistant.thesaurus import default_thesaurus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.policy import Policy
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
        self.settings = settings
        self._names = tuple(name for policy in self.policies for name in policy.names)

    @classmethod
    def open(
        cls,
        corpus: Path | str | None = None,
        *,
        settings: Settings | None = None,
        embedders: Sequence[Embedder] | None = None,
        generator: Generator | None = None,
        progress: Progress | None = None,
    ) -> Assistant:
        """Open a corpus with its index, which is built first if it is missing or out of date.

        Args:
            corpus: Folder of policies; that of the settings by default.
            settings: Options; those of the environment by default.
            embedders: Embedding models; the bundled ones by default, and those of
                `assistant.backends.embedders` for the setting `embedder`.
            generator: Drafts answers; the bundled one by default, and that of `assistant.backends.generator`
                for a language model.
            progress: Told how far the building of the index is.

        Raises:
            SettingsError: If the setting `embedder` names a model and `embedders` is not given.
            CorpusError: If the corpus has no policies.
            PolicyError: If a policy cannot be read.
            PolicyIndexError: If the index cannot be read or written.
            ModelError: If an embedding model does not load.
        """
        settings, store, policies, analyzer, embedders = _parts(corpus, settings, embedders)
        index = store.open(policies, analyzer, embedders) or store.build(
            policies, analyzer, embedders, progress=progress
        )
        retriever = Retriever(index, analyzer, embedders)
        generator = generator or ExtractiveGenerator(max_citations=settings.max_citations)
        return cls(policies, retriever, generator, settings)

    def ask(self, question: str, *, history: Sequence[Turn] = (), policies: Sequence[str] | None = None) -> Answer:
        """Answer a question from the policies.

        Args:
            question: The question, Chinese or English.
            history: What was said before, oldest first.
            policies: Ids of the policies to answer from; those that the question names by default,
                else all.

        Returns:
            An answer whose every quote stands in its policy at the place cited, or the reason
            why there is none.

        Raises:
            QuestionError: If the question is empty or too long, or names a policy that is not there.
        """
        asked = self._checked(question)
        understood = condense(asked, [self._cleaned(turn) for turn in history[-_MOST_TURNS:]], names=self._names)
        scope = self._scope(understood.query, policies)
        if understood.kind in ("smalltalk", "unclear"):
            return said(asked, understood)
        if understood.kind == "more":
            return self._more(asked, understood, scope)
        if understood.kind in ("show", "human"):
            return self._shown(asked, understood, scope)
        return self._answered(asked, understood.query, scope)

    def _answered(self, asked: str, query: str, scope: Sequence[str], without: Sequence[CitedClause] = ()) -> Answer:
        """Answer a query, leaving out the clauses that were cited already."""
        k = max(self.settings.k, _LIST_K) if wants_all(query) else self.settings.k
        hits = left(self.retriever.retrieve(query, k=k + len(without), policies=scope), without)[:k]
        draft = self.generator.generate(query, hits)
        return answer(
            question=asked, query=query, draft=draft, hits=hits, min_quote_chars=self.settings.min_quote_chars
        )

    def _more(self, asked: str, understood: Condensed, scope: Sequence[str]) -> Answer:
        """Answer what else there is to a query."""
        cited = understood.cited
        # Not known: found out as before.
        for _ in range(0 if cited else understood.rounds):
            cited += cited_by(self._answered(asked, understood.query, scope, cited))
        found = self._answered(asked, understood.query, scope, cited)
        return said(asked, understood, found.hits) if found.abstained else found

    def _shown(self, asked: str, understood: Condensed, scope: Sequence[str]) -> Answer:
        """Quote whole the clauses that answer a query, or one of them; for a person, those that tell the contact."""
        cited = understood.cited
        if understood.kind == "human":
            cited = contacts(self.policy(policy_id) for policy_id in scope)
        cited = cited or cited_by(self._answered(asked, understood.query, scope))
        in_scope = [clause for clause in chosen(cited, understood.place) if clause[0] in scope]
        draft, hits = whole(in_scope[: self.settings.max_citations], self.policy)
        if not hits:
            return self._answered(asked, understood.query, scope)
        least = self.settings.min_quote_chars
        return answer(question=asked, query=understood.query, draft=draft, hits=hits, min_quote_chars=least)

    def stream(
        self, question: str, *, history: Sequence[Turn] = (), policies: Sequence[str] | None = None
    ) -> Iterator[str | Answer]:
        """Answer a question piece by piece: what is yielded has been verified, and is never taken back.

        Args:
            question: As in `ask`.
            history: As in `ask`.
            policies: As in `ask`.

        Yields:
            Pieces of the answer's text, in order, then the answer: `"".join(pieces) == answer.text`.

        Raises:
            QuestionError: As `ask`, before the first piece.
        """
        found = self.ask(question, history=history, policies=policies)
        yield from found.text.splitlines(keepends=True)
        yield found

    def search(self, question: str, *, k: int | None = None, policies: Sequence[str] | None = None) -> tuple[Hit, ...]:
        """Return the clauses that may answer a question, best first.

        Args:
            question: The question, Chinese or English.
            k: Largest number of hits; that of the settings by default.
            policies: Ids of the policies to search; as in `ask` by default.

        Raises:
            QuestionError: If the question is empty or too long, or names a policy that is not there.
        """
        query = self._checked(question)
        return self.retriever.retrieve(query, k=k or self.settings.k, policies=self._scope(query, policies))

    def policy(self, policy_id: str) -> Policy:
        """Return the policy with this id.

        Raises:
            QuestionError: If there is none.
        """
        for policy in self.policies:
            if policy.id == policy_id:
                return policy
        known = ", ".join(policy.id for policy in self.policies)
        raise QuestionError(f"there is no policy {policy_id!r}: the corpus has {known}")

    def _checked(self, question: str) -> str:
        cleaned = visible(question).strip()
        if not cleaned:
            raise QuestionError("the question is empty: type what you want to know")
        longest = self.settings.max_question_chars
        if len(question) > longest:
            raise QuestionError(f"the question has {len(question):,} characters: ask in at most {longest:,}")
        return cleaned

    def _scope(self, query: str, policies: Sequence[str] | None) -> tuple[str, ...]:
        if policies is not None:
            if not policies:
                raise QuestionError("policies is empty: name at least one, or leave it out to ask all")
            return tuple(dict.fromkeys(self.policy(policy_id).id for policy_id in policies))
        asked = normalized(query)
        named = [policy.id for policy in self.policies if any_of(policy.names).search(asked)]
        return tuple(named or (policy.id for policy in self.policies))

    def _cleaned(self, turn: Turn) -> Turn:
        longest = self.settings.max_question_chars
        question, query = (visible(text)[:longest].strip() for text in (turn.question, turn.query))
        return replace(turn, question=question, query=query)


_MOST_TURNS = 20
_LIST_K = 30
"""Clauses that are retrieved for a question that asks for every place, at least."""


def build_index(
    corpus: Path | str | None = None,
    *,
    settings: Settings | None = None,
    embedders: Sequence[Embedder] | None = None,
    progress: Progress | None = None,
    force: bool = False,
) -> tuple[str, int]:
    """Build the index of a corpus if it is missing, out of date or damaged, or if `force` is set.

    Returns:
        The version in use, and the number of policies in it.

    Raises:
        AssistantError: As `Assistant.open`; besides, IndexLockedError if another process builds.
    """
    settings, store, policies, analyzer, embedders = _parts(corpus, settings, embedders)
    index = None
    if not force:
        # What is damaged is built again: that is what the caller came for.
        with suppress(IndexDamagedError):
            index = store.open(policies, analyzer, embedders)
    index = index or store.build(policies, analyzer, embedders, progress=progress, force=force)
    return index.version, len(index.shards)


def _parts(
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
        settings = settings.model_copy(update={"corpus": Path(corpus)})
    folder = settings.corpus_dir()
    policies = open_corpus(folder)
    names = [name for policy in policies for name in names_in(policy)]
    analyzer = Analyzer(default_thesaurus(), names, cache_dir=settings.cache_dir())
    key = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    store = IndexStore(settings.index_dir or settings.cache_dir() / "index" / key)
    return settings, store, policies, analyzer, tuple(embedders or bundled_embedders())
