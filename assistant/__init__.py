r"""Answers questions about a company's policy from the policy itself.

>>> from assistant import parse
>>> policy = parse("一、收集\n我们收集您的手机号。\n二、联系我们\n电话：12345。")
>>> policy.reference(policy.at(policy.text.index("12345")).id)
'二'

Importing this package is cheap: models and frameworks are imported where they are used.
"""

from __future__ import annotations

from importlib import metadata

from assistant.answering import Answer, Generator
from assistant.answering.citing import Citation, Claim, Draft
from assistant.answering.refusing import Reason
from assistant.conversation import Turn
from assistant.corpus import open_corpus
from assistant.embedding import Embedder
from assistant.engine import Assistant, build_index
from assistant.errors import (
    AssistantError,
    CorpusError,
    EvaluationError,
    IndexDamagedError,
    IndexLockedError,
    ModelError,
    PolicyError,
    PolicyIndexError,
    QuestionError,
    ServiceError,
    SessionError,
    SettingsError,
    TrainingError,
)
from assistant.parsing import parse
from assistant.policy import Policy
from assistant.policy.clauses import Clause
from assistant.retrieval.hits import Evidence, Hit
from assistant.settings import Settings

__version__ = metadata.version("policy-assistant")

__all__ = [
    "Answer",
    "Assistant",
    "AssistantError",
    "Citation",
    "Claim",
    "Clause",
    "CorpusError",
    "Draft",
    "Embedder",
    "EvaluationError",
    "Evidence",
    "Generator",
    "Hit",
    "IndexDamagedError",
    "IndexLockedError",
    "ModelError",
    "Policy",
    "PolicyError",
    "PolicyIndexError",
    "QuestionError",
    "Reason",
    "ServiceError",
    "SessionError",
    "Settings",
    "SettingsError",
    "TrainingError",
    "Turn",
    "__version__",
    "build_index",
    "open_corpus",
    "parse",
]
