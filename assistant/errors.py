"""Every error that the library raises on purpose.

::

    AssistantError            base of them all; its message says what, with which value, and the remedy
     ├─ PolicyError           a policy's text or metadata cannot be used
     │   └─ FileError           a file cannot be read as a policy
     ├─ CorpusError           a corpus folder cannot be used
     ├─ SettingsError         an option has a value that does not suit it
     ├─ QuestionError         a question cannot be asked
     ├─ ModelError            a model is missing or does not fit this machine
     ├─ TrainingError         pairs or folders cannot be used for training
     ├─ EvaluationError       a question set, or the run of one, cannot be used
     ├─ ServiceError          the HTTP service cannot run, or its database cannot be used
     ├─ SessionError          a conversation cannot be kept
     └─ PolicyIndexError      the index on disk cannot be used
         ├─ IndexDamagedError   a file is missing, cut short or altered
         └─ IndexLockedError    another process is writing

An assistant that finds no answer raises nothing: abstaining is a value
(:attr:`assistant.Answer.abstained`).
"""


class AssistantError(Exception):
    """Base of the library's errors; ``str(error)`` is fit to be shown to a person."""


class PolicyError(AssistantError):
    """A policy's text or metadata cannot be used."""


class FileError(PolicyError):
    """A file cannot be read as a policy.

    Args:
        message: As of every error.
        reason: Names what is wrong, for those who tell it in other words, such as `scanned`.
        values: What the message tells of this file, by name.
    """

    def __init__(self, message: str, *, reason: str, **values: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.values = values


class CorpusError(AssistantError):
    """A corpus folder cannot be used."""


class SettingsError(AssistantError, ValueError):
    """An option has a value that does not suit it, or there is no such option."""


class QuestionError(AssistantError):
    """A question cannot be asked, for instance because it is empty."""


class ModelError(AssistantError):
    """A model is missing, altered, or does not run on this machine."""


class TrainingError(AssistantError):
    """Pairs cannot be trained on, or a folder cannot be trained in."""


class EvaluationError(AssistantError):
    """A question set or a run of one cannot be read, written or measured."""


class ServiceError(AssistantError):
    """The HTTP service cannot run as it is told to, or its database cannot be used."""


class SessionError(AssistantError):
    """A conversation cannot be kept, or the place where it is kept cannot be used."""


class PolicyIndexError(AssistantError):
    """The index on disk cannot be used."""


class IndexDamagedError(PolicyIndexError):
    """A file of the index is missing, cut short or altered."""


class IndexLockedError(PolicyIndexError):
    """Another process is writing the index."""


def needs_extra(what: str, extra: str) -> str:
    """Return what is said where the packages of an extra are missing.

    >>> needs_extra("evaluation", "evals")
    "evaluation needs the extra `evals`: in the clone of policy-assistant, pip install '.[evals]'"
    """
    return f"{what} needs the extra `{extra}`: in the clone of policy-assistant, pip install '.[{extra}]'"
