"""`python -m benchmarks.hostile_model`: what a person is shown, and in what time, when a language model misbehaves.

A server on this machine speaks OpenAI's protocol and does each of the things that the tests know of, with the budget
that is the default. Statements are counted that stand in what is streamed without being the policy's own words; the
answer is what was streamed.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import Answer, Assistant, Settings
from assistant.backends import generator
from assistant.backends.llm import LLMGenerator
from assistant.backends.llm.model import Breaker
from tests.fake_llm import serving
from tests.misbehaviours import CARD, DROPPED, FALLS_BACK, PHONE, QUOTES_ALONE, QUOTES_ALONE_AT_LAST, claiming

if TYPE_CHECKING:
    from tests.fake_llm import Act, Reply

_CORPUS = Path(__file__).parents[1] / "tests" / "fixtures" / "corpus"
_QUESTION = "你们会收集我的手机号码吗？"
_ROUNDS = 200


def main() -> None:
    """Print the table, then what a model costs that is left alone."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(corpus=_CORPUS, index_dir=Path(folder) / "index", k=40)
        extractive = Assistant.open(settings=settings)
        extractive.ask(_QUESTION, policies=["yunchao"])
        print("| the model | statements not proved | answer | seconds |\n|---|---|---|---|")
        for name, act in (DROPPED | FALLS_BACK | QUOTES_ALONE | QUOTES_ALONE_AT_LAST).items():
            _row(name, act, extractive)
        print(
            "\nOne that behaves, in its own words:\n\n| the model | statements | answer | seconds |\n|---|---|---|---|"
        )
        _row("answers", claiming(statement="注册账号时，我们会收集手机号码。"), extractive)
        _slowly(extractive)
        _left_alone(extractive)


def _slowly(extractive: Assistant) -> None:
    """Print when the first sentence is there of a model that writes one a second."""

    def act(reply: Reply) -> None:
        claims = [("创建账号", PHONE), ("银行卡号", CARD), ("内答复", "我们会在十五个工作日内答复")]
        for words, quote in claims:
            time.sleep(1)
            reply.piece(json.dumps({"clause": reply.request.number_of(words), "quote": quote}) + "\n")
        reply.end()

    with serving(act) as fake:
        model = generator(Settings(llm_base_url=fake.url, llm_model="m"))
        asked = Assistant(extractive.policies, extractive.retriever, model, extractive.settings)
        started = time.monotonic()
        times = [time.monotonic() - started for piece in asked.stream(_QUESTION, policies=["yunchao"]) if piece]
        if isinstance(model, LLMGenerator):
            model.close()
    first, last = times[0], times[-1]
    print(f"\nOf one that writes a claim a second, the first is shown after {first:.1f} s, the last {last:.1f} s.")


def _row(name: str, act: Act, extractive: Assistant) -> None:
    with serving(act) as fake:
        model = generator(Settings(llm_base_url=fake.url, llm_model="m"))
        asked = Assistant(extractive.policies, extractive.retriever, model, extractive.settings)
        started = time.monotonic()
        *pieces, found = asked.stream(_QUESTION, policies=["yunchao"])
        seconds = time.monotonic() - started
        if isinstance(model, LLMGenerator):
            model.close()
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    assert isinstance(found, Answer)
    assert text == found.text
    same = found == extractive.ask(_QUESTION, policies=["yunchao"])
    unproved = _unproved(text, found, extractive)
    shown = "extractive" if same else "its quotes" if unproved == 0 else "its words"
    print(f"| {name} | {unproved} | {shown} | {seconds:.2f} |", flush=True)


def _unproved(text: str, found: Answer, assistant: Assistant) -> int:
    """Count the lines of a text that say anything besides quotes of the answer that stand in the policy."""
    lines = 0
    for line in text.splitlines():
        rest = line
        for citation in found.citations:
            if assistant.policy(citation.policy_id).text[citation.start : citation.end] == citation.quote:
                for part in citation.quote.splitlines():
                    rest = rest.replace(part.strip(), "")
        lines += line.startswith("•") and any(char.isalpha() for char in rest)
    return lines


def _left_alone(extractive: Assistant) -> None:
    with serving(lambda reply: reply.fail(404)) as fake:
        model = generator(Settings(llm_base_url=fake.url, llm_model="m"))
        assert isinstance(model, LLMGenerator)
        model.breaker = Breaker(most_failures=1, rest_s=3_600)
        asked = Assistant(extractive.policies, extractive.retriever, model, extractive.settings)
        asked.ask(_QUESTION)
        before = len(fake.requests)
        # In turn, so that both see the same machine.
        times = [(_seconds(asked), _seconds(extractive)) for _ in range(_ROUNDS)]
        model.close()
        after = len(fake.requests)
    with_model, without = (sorted(column)[_ROUNDS // 2] for column in zip(*times, strict=True))
    print(
        f"\nLeft alone after failures, of {_ROUNDS} questions {after - before} reach the model; the median answer takes"
    )
    print(f"{1000 * with_model:.1f} ms, without a model {1000 * without:.1f} ms.")


def _seconds(assistant: Assistant) -> float:
    started = time.perf_counter()
    assistant.ask(_QUESTION)
    return time.perf_counter() - started


if __name__ == "__main__":
    assert PHONE in (_CORPUS / "yunchao" / "policy.txt").read_text("utf-8")
    main()
