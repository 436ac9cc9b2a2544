"""`make bench`: what the assistant costs beside what its models cost by themselves.

Each figure is a ratio of two things timed in turn, in one run, on one machine; seconds alone
would say more about the machine than about the code.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import Assistant, Settings
from assistant.corpus import open_corpus
from assistant.embedding import bundled_embedders
from assistant.index.passages import passages
from assistant.index.shards import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

_QUESTIONS = (
    "个推会收集哪些信息？",
    "怎么撤回我的授权？",
    "未成年人可以使用吗",
    "发生安全事件会怎么通知我？",
    "how long do you keep my data",
    "is my information shared with payment companies?",
    "can I switch off cookies",
    "who do I contact with a complaint",
)
_ROUNDS = 5
_COLD_RUNS = 7

# The models and the dictionary by themselves, as their own libraries load them: nothing of the assistant.
_BARE = """
import logging, sys
import jieba, numpy, onnxruntime
from tokenizers import Tokenizer
folder, jieba.dt.tmp_dir, question = sys.argv[1:]
jieba.setLogLevel(logging.WARNING)
jieba.dt.cache_file = "jieba.cache"
jieba.dt.initialize()
session = onnxruntime.InferenceSession(folder + "/onnx/model.onnx", providers=["CPUExecutionProvider"])
tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
ids = numpy.array([tokenizer.encode("query: " + question).ids])
session.run(None, {"input_ids": ids, "attention_mask": numpy.ones_like(ids)})
"""


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _paired(ours: Callable[[], object], theirs: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return the medians of both, timed in turn, so that a slow moment of the machine meets both."""
    ours(), theirs()
    pairs = [(_timed(ours), _timed(theirs)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _peak_mb(command: list[str]) -> float:
    """Return the largest resident size of a process, in MB."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def _row(name: str, ours: float, theirs: float, unit: str, limit: float | None) -> dict[str, object]:
    bound = f"  (at most {limit})" if limit else ""
    print(f"{name:<52}{ours:9.1f} {unit:<3}{theirs:9.1f} {unit:<3}{ours / theirs:6.2f}{bound}", flush=True)
    return {"name": name, "ours": ours, "models_alone": theirs, "unit": unit, "ratio": ours / theirs, "limit": limit}


def main() -> int:
    """Measure, and print a table; the last line is the same as JSON."""
    # Without the policies that were added on this machine.
    settings = Settings(corpus=Settings().corpus_dir())
    assistant = Assistant.open(settings=settings)
    embedders = bundled_embedders()
    print(f"{'':<52}{'assistant':>13}{'models alone':>13} ratio")
    rows = []

    def asks() -> None:
        for question in _QUESTIONS:
            assistant.ask(question)

    def embeds() -> None:
        for question in _QUESTIONS:
            for embedder in embedders:
                embedder.embed([question], "query")

    ours, theirs = _paired(asks, embeds, _ROUNDS * 4)
    each = 1000 / len(_QUESTIONS)
    rows.append(_row("warm: one question", ours * each, theirs * each, "ms", 1.5))

    with tempfile.TemporaryDirectory() as folder:
        ask = [sys.executable, "-m", "assistant.cli", "ask", _QUESTIONS[0]]
        encoder = str(resources.files("assistant").joinpath("data/encoder"))
        bare = [sys.executable, "-W", "ignore", "-c", _BARE, encoder, folder, _QUESTIONS[0]]
        ours, theirs = _paired(
            lambda: subprocess.run(ask, stdout=subprocess.DEVNULL, check=True),
            lambda: subprocess.run(bare, check=True),
            _COLD_RUNS,
        )
        rows.append(_row("cold: a process that answers one question", ours * 1000, theirs * 1000, "ms", 1.5))
        rows.append(_row("cold: peak memory of that process", _peak_mb(ask), _peak_mb(bare), "MB", None))

    texts = [
        text
        for policy in open_corpus(settings.corpus_dir())
        for text in texts_of(policy, passages(policy)).all_embedded
    ]

    def builds() -> None:
        with tempfile.TemporaryDirectory() as folder:
            Assistant.open(settings=settings.model_copy(update={"index_dir": Path(folder)}))

    def embeds_all() -> None:
        for embedder in embedders:
            for first in range(0, len(texts), 32):
                embedder.embed(texts[first : first + 32], "passage")

    ours, theirs = _paired(builds, embeds_all, 3)
    rows.append(_row(f"index: {len(texts)} texts", ours, theirs, "s", 1.2))
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
