"""Compare embedding models on finding gold: `python -m evals.embedders [MODEL …]` (extra `models`).

Each model by itself, without words, fusion or answers, is measured by sentence-transformers' own
`InformationRetrievalEvaluator`: queries are the questions of the sets that have an answer and no history, the corpus is
the clauses of their policies, and relevant is a clause that holds at least half of a gold quote. MODEL is
`bundled`, or the name or path of a model of sentence-transformers.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import AssistantError, Settings
from assistant.backends import embedders
from assistant.errors import needs_extra
from assistant.evaluation.gold import GoldFinder, Place, holds
from assistant.evaluation.sets import corpus_of, read_set
from assistant.index.passages import passages
from assistant.index.shards import texts_of
from evals import SETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.embedding import Embedder, Role
    from assistant.policy import Policy

MEASURES = ("accuracy@1", "recall@5", "mrr@10", "ndcg@10")
"""What is told of a model, as the evaluator calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Queries over the clauses of a corpus."""

    name: str
    """Name of the question set."""
    queries: dict[str, str]
    """By id."""
    corpus: dict[str, str]
    """What is embedded of each clause, by policy and clause."""
    relevant: dict[str, set[str]]
    """The clauses that hold gold, by query."""


def task_of(path: Path, settings: Settings) -> Task:
    """Return the queries of a question set over the policies it is about.

    Raises:
        AssistantError: If the set is faulty or the corpus does not open.
    """
    from assistant.corpus import open_corpus

    policies = open_corpus(corpus_of(path, settings))
    finder = GoldFinder(policies)
    clauses = {f"{policy.id} {place}": (span, text) for policy in policies for place, span, text in _clauses(policy)}
    queries, relevant = {}, {}
    for question in read_set(path, finder).questions:
        if not question.answerable or question.history:
            continue
        scope = question.policies or None
        places = [place for gold in question.gold for quote in gold.quotes for place in finder.find(quote, scope)]
        if holding := {key for key, (span, _) in clauses.items() if any(holds(span, place) for place in places)}:
            queries[question.id] = question.text
            relevant[question.id] = holding
    return Task(
        name=path.stem, queries=queries, corpus={key: text for key, (_, text) in clauses.items()}, relevant=relevant
    )


def _clauses(policy: Policy) -> Iterable[tuple[str, Place, str]]:
    found = passages(policy)
    texts = texts_of(policy, found)
    for number, (passage, first) in enumerate(zip(found, texts.firsts, strict=True)):
        span = Place(policy_id=policy.id, start=passage.start, end=passage.end)
        yield f"{number:04} {passage.clause_id}", span, texts.embedded[first]


class _Encoder:
    """An embedder as the evaluator calls a model."""

    similarity_fn_name = "cosine"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        # What a real model keeps for its card.
        self.model_card_data = _Card()

    def encode_query(self, texts: Sequence[str], **_: object) -> Any:
        return self._encoded(texts, "query")

    def encode_document(self, texts: Sequence[str], **_: object) -> Any:
        return self._encoded(texts, "passage")

    def similarity(self, left: Any, right: Any) -> Any:
        # Rows are of unit length.
        return left @ right.T

    def _encoded(self, texts: Sequence[str], role: Role) -> Any:
        torch = importlib.import_module("torch")
        return torch.from_numpy(self._embedder.embed(texts, role))


class _Card:
    def set_evaluation_metrics(self, *_: object, **__: object) -> None:
        """Keep nothing."""


def figures(task: Task, embedder: Embedder) -> dict[str, float]:
    """Return what the evaluator says of a model: `MEASURES`, each from 0 to 1.

    Raises:
        AssistantError: If sentence-transformers is not there.
    """
    if importlib.util.find_spec("sentence_transformers") is None:
        raise AssistantError(needs_extra("comparing models", "models"))
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

    evaluator = InformationRetrievalEvaluator(task.queries, task.corpus, task.relevant, write_csv=False)
    found = evaluator(_Encoder(embedder))
    return {name: float(found[f"cosine_{name}"]) for name in MEASURES}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.embedders", description="Compare embedding models on finding gold."
    )
    parser.add_argument("models", nargs="*", default=["bundled"], help="`bundled`, or a name or path")
    parser.add_argument(
        "--set", dest="sets", action="append", type=Path, help="question set; by default those of evals/questions"
    )
    options = parser.parse_args(arguments)
    try:
        tasks = [task_of(path, Settings()) for path in options.sets or sorted(SETS.glob("*.jsonl"))]
        width = max(map(len, [*options.models, "model"]))
        head = "  ".join(f"{name:>10}" for name in MEASURES)
        sys.stdout.write(f"{'set':<22}{'model':<{width}}  queries  {head}\n")
        for task in tasks:
            for model in options.models:
                (embedder,) = embedders(Settings(embedder=model))
                found = figures(task, embedder)
                cells = "  ".join(f"{found[name]:10.3f}" for name in MEASURES)
                sys.stdout.write(f"{task.name:<22}{model:<{width}}  {len(task.queries):7}  {cells}\n")
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
