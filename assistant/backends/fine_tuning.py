"""Fine-tuning: an encoder goes on learning from an operator's own pairs of a question and its passage.

The loss is the multiple negatives ranking loss (arXiv 1705.00652): of all passages in a batch, a
question's own is to be the closest. A few dozen pairs must not undo what the encoder knows: word
embeddings stay as they are, and every other weight becomes the mean of what it was and what was trained
(WiSE-FT, arXiv 2109.01903). A share of the questions is held out, the same ones every time, and scored
before and after; what is written is the better of the two encoders.

A run works in a folder beside the one it is to write, `NAME.partial`, from which it can go on after an
interruption, and renames its result in the end.

Needs the extra `train` (`pip install '.[train]'` in the clone).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

from assistant.backends.encoder_folder import SCOPE_FILE, export, is_encoder, to_torch, write_checksums
from assistant.backends.sentence_transformers import SentenceTransformerEmbedder, no_progress_bars, prompt_of
from assistant.embedding import TOPICS_FILE, BundledEncoder, Role, bundled
from assistant.errors import ModelError, TrainingError, needs_extra

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.backends.pairs import Pair

LEAST_QUESTIONS = 20
"""Different questions that a run needs."""
LEAST_PASSAGES = 10
"""Different passages that it needs: a question's own is told from the others."""
HELD_OUT = 0.2
"""Share of the questions that are scored and not trained on."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a run depends on, besides the pairs and the base."""

    epochs: int = 5
    """How often every pair is seen."""
    batch: int = 16
    """Pairs in a step; each query is told from that many passages."""
    learning_rate: float = 5e-5
    """The highest one: it rises to it over the first tenth of the steps, and falls to zero."""
    seed: int = 1
    """Of the order of the pairs."""
    save_every: int = 25
    """Steps from one checkpoint to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well an encoder finds the passages of held-out questions among all passages: each 0 to 1."""

    recall_at_1: float
    """Share of a question's passages that come first, the mean of the questions."""
    recall_at_5: float
    """Share that is among the first five."""
    mrr_at_10: float
    """Mean reciprocal rank of the first one, 0 if it is not among ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuned:
    """What came of a run."""

    folder: Path
    """The encoder: a sentence-transformers folder, to be named by the setting `embedder`."""
    trained_on: int
    """Pairs."""
    held_out: int
    """Questions that were scored."""
    before: Scores
    """Of the base."""
    after: Scores
    """Of what was trained."""
    improved: bool
    """Whether the trained encoder was better by `mrr_at_10`, and is the one in the folder; else the base is."""
    needs_torch: bool
    """Whether the assistant needs the extra `models` to run it."""


def fine_tune(
    pairs: Sequence[Pair],
    out: Path,
    *,
    base: Path | None = None,
    recipe: Recipe | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> FineTuned:
    """Train an encoder on pairs and write the better of it and its base.

    The same pairs, base, recipe and versions of packages give the same weights on the same machine.

    Args:
        pairs: At least `LEAST_QUESTIONS` different questions and `LEAST_PASSAGES` different passages.
        out: Folder to write, which must not be there yet, or be empty.
        base: Folder of the encoder to start from, of sentence-transformers or in the layout of the
            bundled one; that one by default. In its layout the result runs without torch.
        recipe: Options of the run.
        resume: Whether to go on with a run for the same folder that was interrupted.
        progress: Told how far it is.

    Raises:
        TrainingError: If there are too few pairs, the folder is in use, or there is no such run to go on with.
        ModelError: If a package is missing, or the base cannot be used.
    """
    recipe = recipe or Recipe()
    tell: Progress = progress or (lambda *_: None)
    training, held_out = _split(pairs)
    _require_packages()
    base = base or bundled("encoder")
    work = _work_folder(out, _fingerprint(pairs, base, recipe), resume=resume)
    try:
        with _quiet():
            done, result = _run(pairs, base, recipe, training, held_out, out=out, work=work, tell=tell)
        with suppress(FileNotFoundError):
            out.rmdir()
        result.rename(out)
        shutil.rmtree(work)
    except Exception as error:
        if _last_checkpoint(work / "checkpoints") is None:
            # There is nothing to go on from.
            shutil.rmtree(work, ignore_errors=True)
        if isinstance(error, OSError):
            raise TrainingError(f"{error.filename or work}: {error.strerror or error}") from error
        raise
    return done


def _run(
    pairs: Sequence[Pair],
    base: Path,
    recipe: Recipe,
    training: Sequence[Pair],
    held_out: Mapping[str, set[str]],
    *,
    out: Path,
    work: Path,
    tell: Progress,
) -> tuple[FineTuned, Path]:
    """Return what came of a run, and the folder of its result inside `work`."""
    start = to_torch(base, work / "base") if is_encoder(base) else base
    model = _opened(start)
    score = _scorer(model, pairs, held_out)
    tell("scoring the base", 0, 1)
    before = score()
    tell("scoring the base", 1, 1)
    _train(model, training, recipe, work / "checkpoints", tell)
    tell("scoring what was trained", 0, 1)
    after = score()
    tell("scoring what was trained", 1, 1)
    done = FineTuned(
        folder=out,
        trained_on=len(training),
        held_out=len(held_out),
        before=before,
        after=after,
        improved=after.mrr_at_10 > before.mrr_at_10,
        needs_torch=not is_encoder(base),
    )
    result = _assembled(work, base, start, model if done.improved else None, training)
    _write_report(result, done, recipe)
    return done, result


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from drawing bars of its own and from telling what it loads."""
    # By its name: type checkers run without torch.
    logs = importlib.import_module("transformers.utils.logging")
    level = logs.get_verbosity()
    logs.set_verbosity_error()
    try:
        with no_progress_bars():
            yield
    finally:
        logs.set_verbosity(level)


def _require_packages() -> None:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelError(needs_extra(f"fine-tuning, for {', '.join(missing)},", "train"))


_PACKAGES = ("torch", "sentence_transformers", "datasets", "accelerate", "onnx")


def _split(pairs: Sequence[Pair]) -> tuple[list[Pair], dict[str, set[str]]]:
    """Return the pairs to train on, and the held-out queries, each with its passages."""
    queries = {pair.query for pair in pairs}
    passages = {pair.passage for pair in pairs}
    if len(queries) < LEAST_QUESTIONS or len(passages) < LEAST_PASSAGES:
        raise TrainingError(
            f"there are {len(queries)} different questions with {len(passages)} different passages: "
            f"at least {LEAST_QUESTIONS} with {LEAST_PASSAGES} are needed"
        )
    # By their hash, so that a question keeps its place when others are added.
    ordered = sorted(queries, key=lambda query: hashlib.sha256(query.encode()).digest())
    chosen = set(ordered[: min(round(HELD_OUT * len(ordered)), _MOST_HELD_OUT)])
    held_out: dict[str, set[str]] = {}
    for pair in pairs:
        if pair.query in chosen:
            held_out.setdefault(pair.query, set()).add(pair.passage)
    return [pair for pair in pairs if pair.query not in chosen], held_out


_MOST_HELD_OUT = 1_000


def _fingerprint(pairs: Sequence[Pair], base: Path, recipe: Recipe) -> dict[str, Any]:
    """Return what a run depends on: one with another fingerprint cannot go on with its checkpoints."""
    embedder = BundledEncoder(base) if is_encoder(base) else SentenceTransformerEmbedder(base)
    whole = json.dumps([asdict(pair) for pair in pairs], ensure_ascii=False)
    return {
        "pairs": hashlib.sha256(whole.encode()).hexdigest(),
        "base": embedder.identity,
        **{name: value for name, value in asdict(recipe).items() if name != "save_every"},
    }


def _work_folder(out: Path, fingerprint: dict[str, Any], *, resume: bool) -> Path:
    """Return the folder of a run, made or found again."""
    work = out.with_name(f"{out.name}.partial")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise TrainingError(f"{out}: is there already: name another folder")
        if resume:
            if not (work / _RUN).is_file():
                raise TrainingError(f"{work}: holds no interrupted run: start one without --resume")
            former = json.loads((work / _RUN).read_text("utf-8"))
            if changed := sorted(name for name in fingerprint if former.get(name) != fingerprint[name]):
                raise TrainingError(
                    f"{work}: was started with another {', '.join(changed)}: give what it was started with, "
                    "or remove it and start without --resume"
                )
        elif work.exists():
            raise TrainingError(f"{work}: holds an interrupted run: go on with --resume, or remove it")
        else:
            work.mkdir(parents=True)
            (work / _RUN).write_text(json.dumps(fingerprint), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise TrainingError(f"{work}: cannot be used ({getattr(error, 'strerror', None) or error})") from error
    return work


_RUN = "run.json"


def _opened(folder: Path) -> Any:
    """Return the model in a sentence-transformers folder, its word embeddings frozen."""
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

    if not folder.is_dir():
        raise ModelError(f"{folder}: is no folder: name the folder of a model that is on this machine")
    try:
        model = SentenceTransformer(str(folder), local_files_only=True)
    # torch, transformers and safetensors each have errors of their own.
    except Exception as error:
        raise ModelError(f"{folder}: holds no model that can be trained ({type(error).__name__}: {error})") from error
    for module in model.modules():
        if isinstance(module, PreTrainedModel):
            module.get_input_embeddings().requires_grad_(False)  # noqa: FBT003 - torch takes it by place
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ModelError(f"{folder}: has nothing but word embeddings, which are not trained")
    return model


def _prompts(model: Any) -> dict[str, str]:
    """Return what a model puts before a query and a passage; empty if it has no prompts."""
    return {role: prompt_of(model.prompts, role) for role in get_args(Role)}


def _scorer(model: Any, pairs: Sequence[Pair], held_out: Mapping[str, set[str]]) -> Callable[[], Scores]:
    """Return what scores `model` as it is then: held-out queries against the passages of all pairs."""
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

    passages = {passage: str(number) for number, passage in enumerate(dict.fromkeys(pair.passage for pair in pairs))}
    queries = {str(number): query for number, query in enumerate(held_out)}
    evaluator = InformationRetrievalEvaluator(
        queries,
        {number: passage for passage, number in passages.items()},
        {number: {passages[passage] for passage in held_out[query]} for number, query in queries.items()},
        precision_recall_at_k=[1, 5],
        mrr_at_k=[10],
        write_csv=False,
        query_prompt=_prompts(model)["query"],
        corpus_prompt=_prompts(model)["passage"],
    )

    def score() -> Scores:
        found = evaluator(model)

        def of(name: str) -> float:
            return float(next(value for key, value in found.items() if key.endswith(name)))

        return Scores(recall_at_1=of("_recall@1"), recall_at_5=of("_recall@5"), mrr_at_10=of("_mrr@10"))

    return score


def _columns(pairs: Sequence[Pair], seed: int) -> dict[str, list[str]]:
    """Return the columns to train on; with a negative for all if there is one for any."""
    columns = {"query": [pair.query for pair in pairs], "passage": [pair.passage for pair in pairs]}
    if not any(pair.negative for pair in pairs):
        return columns
    own: dict[str, set[str]] = {}
    for pair in pairs:
        own.setdefault(pair.query, set()).add(pair.passage)
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    passages = list(dict.fromkeys(columns["passage"]))
    columns["negative"] = [
        pair.negative or rng.choice([passage for passage in passages if passage not in own[pair.query]] or passages)
        for pair in pairs
    ]
    return columns


def _train(model: Any, pairs: Sequence[Pair], recipe: Recipe, checkpoints: Path, tell: Progress) -> None:
    """Train `model` in place, from the last whole checkpoint on if there is one."""
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.base.sampler import BatchSamplers
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import PrinterCallback, TrainerCallback

    class Told(TrainerCallback):  # type: ignore[misc] # it has no types without torch
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            tell("training", state.global_step, state.max_steps)

    class Trainer(SentenceTransformerTrainer):  # type: ignore[misc]
        def add_model_card_callback(self, _: Any) -> None:
            """Do nothing: a card would quote the pairs."""

    columns = _columns(pairs, recipe.seed)
    prompts = _prompts(model)
    steps = recipe.epochs * -(-len(pairs) // recipe.batch)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=steps // 10,
        weight_decay=0.01,
        seed=recipe.seed,
        data_seed=recipe.seed,
        save_strategy="steps",
        save_steps=recipe.save_every,
        save_total_limit=2,
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        prompts={name: prompts["query" if name == "query" else "passage"] for name in columns},
    )
    longest = model.max_seq_length
    model.max_seq_length = min(longest or _TOKENS, _TOKENS)
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict(columns),
        loss=MultipleNegativesRankingLoss(model, scale=1 / _TEMPERATURE),
        callbacks=[Told()],
    )
    trainer.remove_callback(PrinterCallback)
    former = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    last = _last_checkpoint(checkpoints)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.requires_grad:
                weight.lerp_(former[name].to(weight.device), _BASE_SHARE)
    model.max_seq_length = longest


_TOKENS = 128
"""What a text is cut to in training, in tokens."""
_TEMPERATURE = 0.04
"""That of the bundled encoder's own training."""
_BASE_SHARE = 0.5
"""What the base keeps of each weight. Most of what is gained stays, and most of how close unlike texts are too:
training drives them apart, and then a cosine does not mean what it meant to the refusals."""


def _last_checkpoint(checkpoints: Path) -> Path | None:
    """Return the last checkpoint that is whole: the trainer writes `trainer_state.json` last."""
    whole = []
    for path in checkpoints.glob("checkpoint-*"):
        with suppress(OSError, ValueError):
            whole.append((json.loads((path / "trainer_state.json").read_text("utf-8"))["global_step"], path))
    return max(whole)[1] if whole else None


def _assembled(work: Path, base: Path, start: Path, model: Any, pairs: Sequence[Pair]) -> Path:
    """Return the folder of the result inside `work`: of `model`, or of the base if there is none."""
    result = work / "result"
    shutil.rmtree(result, ignore_errors=True)
    if model is None:
        shutil.copytree(base, result)
    elif is_encoder(base):
        trained = work / "trained"
        shutil.rmtree(trained, ignore_errors=True)
        model.save_pretrained(str(trained), create_model_card=False)
        prompts = _prompts(model)
        some = pairs[:: max(1, len(pairs) // _SOME)]
        texts = [prompts["query"] + pair.query for pair in some] + [prompts["passage"] + pair.passage for pair in some]
        export(trained, result, texts=texts)
        start = trained
    else:
        model.save_pretrained(str(result), create_model_card=False)
    if is_encoder(base):
        if model is not None:
            _carry_scope(base, result, [text for pair in pairs for text in (pair.query, pair.passage)])
            if (base / TOPICS_FILE).is_file():
                # Vectors move little beside the distances between topics.
                shutil.copyfile(base / TOPICS_FILE, result / TOPICS_FILE)
        # The weights of torch too, so that it opens as any other model and can be trained on.
        for name in ("model.safetensors", "config.json"):
            shutil.copyfile(start / name, result / name)
    return result


def _carry_scope(base: Path, result: Path, texts: Sequence[str]) -> None:
    """Write the scope of the encoder in `result`, so that it judges texts as that in `base` does.

    Training moves all vectors, most of all along those that they have in common, and the odds with them. The
    regression is moved after them by what is the least change (ridge) that gives `texts` their former odds.
    """
    import numpy as np

    if not (base / SCOPE_FILE).is_file():
        return
    some = list(dict.fromkeys(texts))[:_MOST_SCOPED]
    former, moved = (BundledEncoder(folder).embed(some, "query").astype(np.float64) for folder in (base, result))
    scope = json.loads((base / SCOPE_FILE).read_text("utf-8"))
    weights = np.array(scope["weights"])
    missing = former @ weights - moved @ weights
    mean = moved.mean(axis=0)
    centred = moved - mean
    change = np.linalg.solve(centred.T @ centred + _RIDGE * np.eye(len(mean)), centred.T @ (missing - missing.mean()))
    carried = {
        "weights": (weights + change).round(4).tolist(),
        "bias": round(scope["bias"] + float(missing.mean() - mean @ change), 4),
    }
    (result / SCOPE_FILE).write_text(json.dumps(carried) + "\n", encoding="utf-8")


_RIDGE = 1.0
_MOST_SCOPED = 2_000


_SOME = 60
"""Pairs whose texts tell how far the channels of the trained encoder reach."""


def _write_report(result: Path, done: FineTuned, recipe: Recipe) -> None:
    report = {name: value for name, value in asdict(done).items() if name not in ("folder", "needs_torch")}
    report |= {name: value for name, value in asdict(recipe).items() if name != "save_every"}
    (result / "fine_tuning.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if not done.needs_torch:
        write_checksums(result)
