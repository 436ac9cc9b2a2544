"""`python -m benchmarks.load`: the HTTP service under load, beside the assistant by itself.

The service runs on some of the machine's cores and its clients on the others, so that they do not take its time. On
the same cores, in turn with the service, the assistant is asked by itself and its encoder embeds by itself; what the
service reaches is told as a share of that. Every question is another one, so that none comes from the cache.

Shares are told twice: of answers a second, which needs a machine with nothing else to do, and of the processor's time
for each answer, which is nearly the same on one that is busy.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import Assistant, Settings, build_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WORDS = ("收集", "共享", "保存多久", "删除", "存在哪里", "撤回", "注销", "投诉", "更正", "通知我")
_ASKS = (
    "{thing}会被{word}吗",
    "你们怎么{word}{thing}？",
    "为什么要{word}{thing}",
    "who gets my {thing}",
    "can I refuse that {thing} is used for {word}",
)
_THINGS = ("手机号", "IMEI", "位置信息", "订单记录", "应用列表", "cookie", "身份证", "address", "通讯录", "银行卡")
_SEED = 20260101


@dataclass(slots=True)
class Outcome:
    """What clients saw."""

    seconds: list[float] = field(default_factory=list)
    """Time of each answer."""
    statuses: Counter[int] = field(default_factory=Counter)
    """How many responses of each status; 0 for what broke off."""
    wall_s: float = 0.0
    """How long it took."""

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.wall_s

    def percentile_ms(self, share: float) -> float:
        """Return the time that this share of the answers took at most, in milliseconds."""
        return 1000 * sorted(self.seconds)[min(int(share * len(self.seconds)), len(self.seconds) - 1)]


def questions() -> Iterator[str]:
    """Yield questions, each another one."""
    pick = random.Random(_SEED)
    for number in itertools.count():
        ask = pick.choice(_ASKS).format(thing=pick.choice(_THINGS), word=pick.choice(_WORDS))
        yield f"{ask} {number}"


# --- Clients -----------------------------------------------------------------------------


async def drive(port: int, *, clients: int, seconds: float, think_s: float, asked: Iterator[str]) -> Outcome:
    """Ask as many clients do, each waiting for its answer and then for a while; half of them by streams."""
    outcome = Outcome()
    started = time.perf_counter()
    until = started + seconds

    async def client(number: int) -> None:
        pick = random.Random(number)
        await asyncio.sleep(think_s * pick.random())
        route, accept = (("/v1/chat", "text/event-stream"), ("/v1/ask", "application/json"))[number % 2]
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while time.perf_counter() < until:
            begun = time.perf_counter()
            try:
                connection = connection or await asyncio.open_connection("127.0.0.1", port)
                status, body = await _post(*connection, route, accept, next(asked))
            except (OSError, asyncio.IncompleteReadError, ValueError):
                status, body, connection = 0, b"", None
            whole = b"event: done" in body if route == "/v1/chat" else body.endswith(b"}")
            if status == 200 and whole:
                outcome.seconds.append(time.perf_counter() - begun)
            outcome.statuses[status if whole or status != 200 else 0] += 1
            if status != 200:
                await asyncio.sleep(_RETRY_S)
            if think_s:
                await asyncio.sleep(think_s * 2 * pick.random())
        if connection:
            connection[1].close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    outcome.wall_s = time.perf_counter() - started
    return outcome


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, route: str, accept: str, question: str
) -> tuple[int, bytes]:
    """Post a question and return status and body. No client library: it would take more time than the service."""
    data = json.dumps({"question": question}).encode()
    head = (
        f"POST {route} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    writer.write(head.encode() + data)
    headers = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(headers[9:12])
    if b"transfer-encoding: chunked" not in headers:
        length = int(headers.split(b"content-length: ")[1].split(b"\r\n")[0])
        return status, await reader.readexactly(length)
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return status, b"".join(parts)


# --- The assistant by itself -------------------------------------------------------------


def alone(assistant: Assistant, threads: int, seconds: float, asked: Iterator[str]) -> list[tuple[float, float]]:
    """Return how many questions a second the assistant answers, and its encoder embeds, by themselves.

    Each with the processor's time for one, in seconds.
    """

    def rates(call: Callable[[str], object]) -> tuple[float, float]:
        call(next(asked))
        counts = [0] * threads
        spent = time.process_time()
        until = time.perf_counter() + seconds

        def work(number: int) -> None:
            while time.perf_counter() < until:
                with lock:
                    question = next(asked)
                call(question)
                counts[number] += 1

        lock = threading.Lock()
        workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sum(counts) / seconds, (time.process_time() - spent) / sum(counts)

    def embed(question: str) -> None:
        for embedder in assistant.retriever.embedders:
            embedder.embed([question], "query")

    return [rates(assistant.ask), rates(embed)]


def _alone_command(seconds: float, threads: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.load", "--alone", str(threads), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [figure for pair in json.loads(done.stdout) for figure in pair]


# --- The service -------------------------------------------------------------------------


def _start(port: int, folder: Path, workers: int, **more: str) -> subprocess.Popen[bytes]:
    # With room for few answers, so that memory does not grow while it fills.
    settings = {"ASSISTANT_SERVER_RATE": "none", "ASSISTANT_SERVER_CACHE": "100"}
    environment = os.environ | settings | {"ASSISTANT_SERVER_DATA": str(folder / "data")} | more
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port), "--workers", str(workers)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def _memory_mb(pid: int) -> float:
    """Return the resident memory of a process and of those it started, in MB; what is shared is shared out."""
    total = 0
    for process in [pid, *_children(pid)]:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def _processor_s(pid: int) -> float:
    """Return the processor's time that a process and those it started have taken, in seconds."""
    ticks = 0
    for process in [pid, *_children(pid)]:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [below for child in found for below in _children(child)]


def _cores(cores: set[int]) -> None:
    os.sched_setaffinity(0, cores)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def _wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
            continue
        status, _body = await _post(reader, writer, "/v1/ask", "application/json", "ready?")
        writer.close()
        if status == 200:
            return
    raise SystemExit("the service did not start")


# --- A new index meanwhile -----------------------------------------------------------------


def reindexed(folder: Path, times: int, readers: int, pause_s: float) -> dict[str, float]:
    """Build the index anew, of another version each time, while clients read; return what they saw.

    Each version of the policy says in its metadata which it is, so that an answer out of two can be told.

    Args:
        folder: Where the corpus, the index and the service's data are put.
        times: Number of new indexes.
        readers: Number of clients.
        pause_s: Time between two of them, in seconds.
    """
    corpus, port = folder / "corpus", _free_port()
    shutil.copytree(Settings().corpus_dir(), corpus)
    (policy,) = (path for path in corpus.iterdir() if path.name == "baiju")
    settings = Settings(corpus=corpus, index_dir=folder / "index")
    environment = {"ASSISTANT_CORPUS": str(corpus), "ASSISTANT_INDEX_DIR": str(settings.index_dir)}
    server = _start(port, folder, 1, **environment, ASSISTANT_SERVER_RELOAD_S="0.2")
    asked, statuses = questions(), Counter[int]()
    seen: dict[str, set[str]] = defaultdict(set)

    async def read(stop: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not stop.is_set():
            status, body = await _post(reader, writer, "/v1/ask", "application/json", next(asked))
            statuses[status] += 1
            said = json.loads(body)
            if status == 200:
                seen[said["index_version"]] |= {citation["version"] for citation in said["citations"]}
        writer.close()

    def change(number: int) -> None:
        text = (policy / "policy.txt").read_text("utf-8")
        (policy / "policy.txt").write_text(f"{text}\n本政策的第{number}次修订。\n", "utf-8")
        known = (policy / "policy.toml").read_text("utf-8")
        lines = [line for line in known.splitlines() if not line.startswith("version")]
        (policy / "policy.toml").write_text("\n".join([*lines, f'version = "v{number}"']), "utf-8")
        build_index(settings=settings)

    async def scene() -> None:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(read(stop)) for _ in range(readers)]
        for number in range(times):
            await asyncio.to_thread(change, number)
            await asyncio.sleep(pause_s)
        stop.set()
        await asyncio.gather(*tasks)

    try:
        asyncio.run(_wait_until_ready(port, server))
        asyncio.run(scene())
        server.terminate()
        server.wait(30)
    finally:
        if server.poll() is None:
            server.kill()
    return {
        "reindexed": times,
        "reindexed_seen": len(seen),
        "reindexed_answers": statuses[200],
        "reindexed_errors": statuses.total() - statuses[200],
        "reindexed_mixed": sum(len(versions) > 1 for versions in seen.values()),
    }


def main() -> int:
    """Measure, and print a table; the last line is the same as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="The HTTP service under load.")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60, help="at full load; 0 for no load at all")
    parser.add_argument(
        "--warm-seconds", type=float, help="before anything is measured; a fifth of --seconds if not said"
    )
    parser.add_argument("--steady-seconds", type=float, help="at two thirds of what it can do; --seconds if not said")
    parser.add_argument("--beyond-seconds", type=float, help="beyond what it can do; a third of --seconds if not said")
    parser.add_argument("--cores", type=int, default=0, help="for the service; half of them by default")
    parser.add_argument("--workers", type=int, default=0, help="processes; one for each of its cores by default")
    parser.add_argument("--reindexes", type=int, default=20, help="new indexes under clients that read")
    parser.add_argument("--readers", type=int, default=32, help="clients that read meanwhile")
    parser.add_argument("--pause", type=float, default=1, help="seconds between two of them")
    parser.add_argument("--alone", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Without the policies that were added on this machine.
    os.environ.setdefault("ASSISTANT_CORPUS", str(Settings().corpus_dir()))
    if options.alone:
        print(json.dumps(alone(Assistant.open(), options.alone, options.seconds, questions())))
        return 0
    build_index(settings=Settings())
    every = sorted(os.sched_getaffinity(0))
    count = options.cores or max(1, len(every) // 2)
    served, others = set(every[:count]), set(every[count:]) or set(every)
    workers = options.workers or count
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        if options.seconds:
            figures |= _measure(options, Path(folder), served, others, workers)
    with tempfile.TemporaryDirectory() as folder:
        _cores(set(every))
        if options.reindexes:
            figures |= reindexed(Path(folder), options.reindexes, options.readers, options.pause)
    for name, value in figures.items():
        print(f"{name:<32}{value:10.2f}")
    print(json.dumps(figures))
    return 0


def _measure(
    options: argparse.Namespace, folder: Path, served: set[int], others: set[int], workers: int
) -> dict[str, float]:
    asked, port = questions(), _free_port()
    _cores(served)
    server = _start(port, folder, workers)
    try:
        asyncio.run(_wait_until_ready(port, server))
        rounds: list[list[float]] = []
        statuses: Counter[int] = Counter()

        def load(clients: int, seconds: float, think_s: float = 0.0) -> Outcome:
            _cores(others)
            outcome = asyncio.run(drive(port, clients=clients, seconds=seconds, think_s=think_s, asked=asked))
            _cores(served)
            return outcome

        load(
            options.clients, _seconds(options.warm_seconds, options.seconds / 5)
        )  # what is built at first use is built
        before_mb = _memory_mb(server.pid)
        # In turn, so that a slow moment of the machine meets all of them.
        for _ in range(_ROUNDS):
            spent = _processor_s(server.pid)
            full = load(options.clients, options.seconds / _ROUNDS)
            spent = (_processor_s(server.pid) - spent) / len(full.seconds)
            statuses += full.statuses
            rounds.append([full.per_s, spent, *_alone_command(options.seconds / _ROUNDS / 2, len(served))])
            print(
                "answers/s {:.1f} ({:.4f} s each), by itself {:.1f} ({:.4f}), encoder {:.1f} ({:.4f})".format(
                    *rounds[-1]
                )
            )
        per_s, one_s, ask, ask_s, embed, embed_s = (statistics.median(column) for column in zip(*rounds, strict=True))
        # Clients with pauses, so that two thirds of what it can do are asked of it.
        steady_s = _seconds(options.steady_seconds, options.seconds)
        steady = load(options.clients, steady_s, think_s=options.clients / (per_s * 2 / 3))
        statuses += steady.statuses
        after_mb = _memory_mb(server.pid)
        beyond = load(_BEYOND * options.clients, _seconds(options.beyond_seconds, options.seconds / 3))
        end_mb = _memory_mb(server.pid)
        server.send_signal(signal.SIGTERM)
        stopped = time.perf_counter()
        server.wait(30)
        stopped = time.perf_counter() - stopped
    finally:
        if server.poll() is None:
            server.kill()
    return {
        "clients": options.clients,
        "workers": workers,
        "share_of_assistant": per_s / ask,
        "share_of_encoder": per_s / embed,
        "processor_share_of_assistant": ask_s / one_s,
        "processor_share_of_encoder": embed_s / one_s,
        "processor_ms_beside_assistant": 1000 * (one_s - ask_s),
        "answers_per_s": per_s,
        "steady_p50_ms": steady.percentile_ms(0.5),
        "steady_p95_ms": steady.percentile_ms(0.95),
        "one_answer_ms": 1000 / ask * len(served),
        "errors": sum(count for status, count in statuses.items() if status != 200),
        "memory_mb": after_mb,
        "memory_drift": after_mb / before_mb - 1,
        "memory_drift_beyond": end_mb / before_mb - 1,
        "beyond_answered_per_s": beyond.per_s / per_s,
        "beyond_p95_ms": beyond.percentile_ms(0.95),
        "beyond_503": beyond.statuses[503] / beyond.statuses.total(),
        "beyond_other": beyond.statuses.total() - beyond.statuses[200] - beyond.statuses[503],
        "stopped_s": stopped,
    }


def _seconds(said: float | None, otherwise: float) -> float:
    return otherwise if said is None else said


_ROUNDS = 4
_BEYOND = 8
# What `Retry-After` says at least.
_RETRY_S = 1.0

if __name__ == "__main__":
    sys.exit(main())
