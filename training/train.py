"""Training with sentence-transformers: contrastive, negatives from the same policy, resumable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from torch import Tensor, nn
from torch.utils.data import Sampler

from assistant.embedding import MAX_TOKENS
from training.data import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from assistant.embedding import Embedder
    from training.data import Pair
    from training.judged import JudgedPair

TEMPERATURE = 0.04
SMALL_DIM = 128
SMALL_WEIGHT = 0.3
EVEN = 0.54
"""The cosine at which a passage as likely answers as not; of the model that was trained by ranking alone."""
JUDGED_TEMPERATURE = 0.05
ANSWER_WEIGHT = 2.0
"""What a passage that answers counts, beside one that does not; there are about four times as many of these."""
TOO_CLOSE = 0.55
CLOSER = 0.1
"""By how much a guide must find a passage closer than what answers, in cosine, to take it for an answer too."""
AGREE_SCALE = 10.0
"""Of the loss that is one less a cosine, beside the limit of gradients."""
_GROUPS = 4
"""Of similar length, in which the texts of a batch are embedded."""
SCRAPS = 8
"""Lone headings and the like in a batch, negatives of all its queries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a run of training depends on, besides its data."""

    steps: int
    batch: int = 32
    max_tokens: int = 80
    learning_rate: float = 4e-5
    warmup_steps: int = 20
    schedule: str = "constant_with_warmup"
    frozen_layers: int = 0
    """How many of the lowest layers stay as they are, with all that is below them; word embeddings always do."""
    bf16: bool = False
    """Whether layers multiply in bfloat16: several times as fast where a processor has tiles for it, slow elsewhere."""
    save_every: int = 50
    seed: int = 1
    threads: int = 2


class PolicyLoss(nn.Module):
    """Multiple negatives ranking within a batch of one policy, guided, in 384 and 128 dimensions.

    A passage is no negative of a query if its sentence is nearly that which answers (their
    pairs of neighbouring characters overlap by more than `TOO_CLOSE`), if it speaks of every
    facet that is asked for, or if an earlier model, the guide, finds it much closer than what answers.
    Texts are embedded in groups of similar length, so that little is spent on padding.

    Args:
        model: The model that is trained.
        pairs: All pairs of the run.
        guide: Vectors of the pairs' queries and passages by an earlier model, each float32, shape
            (n_pairs, dim), rows of unit length; without them only the texts decide.
        temperature: What cosines are divided by.
        bf16: See `Recipe`.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        pairs: Sequence[Pair],
        *,
        guide: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
        temperature: float = TEMPERATURE,
        bf16: bool = False,
    ) -> None:
        super().__init__()
        self.model = model
        self._bf16 = bf16
        self._pairs = pairs
        self._guide = guide
        self._bigrams = [_bigrams(pair.guide) for pair in pairs]
        self._temperature = temperature

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """Return the loss of a batch; `labels` are the places of its pairs in the training set."""
        queries, passages, scraps = sentence_features
        few = {name: scraps[name][:SCRAPS] for name in ("input_ids", "attention_mask")}
        vectors = embed_by_length(self.model, [queries, passages, few], bf16=self._bf16)
        mask = self._not_negative(labels.tolist()).to(labels.device)
        mask = nn.functional.pad(mask, (0, len(vectors[2])))
        asked, found = vectors[0], torch.cat(vectors[1:])
        return self._ranking(asked, found, mask) + SMALL_WEIGHT * self._ranking(
            asked[:, :SMALL_DIM], found[:, :SMALL_DIM], mask
        )

    def _ranking(self, queries: Tensor, passages: Tensor, mask: Tensor) -> Tensor:
        scores = (
            nn.functional.normalize(queries, dim=1) @ nn.functional.normalize(passages, dim=1).T / self._temperature
        )
        scores = scores.masked_fill(mask, -1e4)
        return nn.functional.cross_entropy(scores, torch.arange(len(queries), device=scores.device))

    def _not_negative(self, numbers: Sequence[int]) -> Tensor:
        mask = torch.zeros(len(numbers), len(numbers), dtype=torch.bool)
        for i, first in enumerate(numbers):
            need, own = self._pairs[first].need, self._bigrams[first]
            for j, second in enumerate(numbers):
                other = self._bigrams[second]
                alike = len(own & other) > TOO_CLOSE * len(own | other)
                mask[i, j] = alike or (bool(need) and need <= self._pairs[second].has)
        if self._guide is not None:
            queries, passages = (torch.from_numpy(vectors[list(numbers)]) for vectors in self._guide)
            close = queries @ passages.T
            # Of what was written for training is known what answers, whatever a guide finds.
            unsure = torch.tensor([self._pairs[number].kind not in KNOWN for number in numbers])
            mask |= (close > close.diagonal()[:, None] + CLOSER) & unsure[:, None]
        mask.fill_diagonal_(False)  # noqa: FBT003 - torch takes it by place
        return mask


def embed_by_length(
    model: SentenceTransformer, features: Sequence[dict[str, Tensor]], *, bf16: bool = False
) -> list[Tensor]:
    """Return the sentence embeddings of each of `features`, float32, computed in groups of similar length."""
    ids, masks = [], []
    width = max(feature["input_ids"].shape[1] for feature in features)
    for feature in features:
        grow = (0, width - feature["input_ids"].shape[1])
        ids.append(nn.functional.pad(feature["input_ids"], grow, value=1))
        masks.append(nn.functional.pad(feature["attention_mask"], grow))
    all_ids, all_masks = torch.cat(ids), torch.cat(masks)
    lengths = all_masks.sum(1)
    order = torch.argsort(lengths)
    parts = []
    # One context for all groups, so that weights are rounded once; cosines, outside of it, are not.
    with torch.autocast(all_ids.device.type, torch.bfloat16, enabled=bf16):
        for part in torch.chunk(order, _GROUPS):
            longest = int(lengths[part].max())
            cut = {"input_ids": all_ids[part, :longest], "attention_mask": all_masks[part, :longest]}
            parts.append(model(cut)["sentence_embedding"].float())
    vectors = torch.cat(parts)[torch.argsort(order)]
    return list(torch.split(vectors, [len(feature["input_ids"]) for feature in features]))


class JudgedLoss(nn.Module):
    """Binary cross entropy of whether a passage answers, by its cosine with the question.

    What ranks passages for one question need not tell whether the best of them answers it: that takes cosines which
    mean the same for every question. Texts that a batch holds several times are embedded once.

    Args:
        model: The model that is trained.
        bf16: See `Recipe`.
    """

    def __init__(self, model: SentenceTransformer, *, bf16: bool = False) -> None:
        super().__init__()
        self.model = model
        self._bf16 = bf16

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """Return the loss of a batch; `labels` say whether each passage answers, 0 to 1."""
        queries, passages = sentence_features
        (few_queries, of_query), (few_passages, of_passage) = _distinct(queries), _distinct(passages)
        asked, found = (
            nn.functional.normalize(vectors, dim=1)
            for vectors in embed_by_length(self.model, [few_queries, few_passages], bf16=self._bf16)
        )
        cosines = (asked[of_query] * found[of_passage]).sum(dim=1)
        return nn.functional.binary_cross_entropy_with_logits(
            (cosines - EVEN) / JUDGED_TEMPERATURE,
            labels.to(cosines.dtype),
            pos_weight=torch.tensor(ANSWER_WEIGHT, device=cosines.device),
        )


class AgreeLoss(nn.Module):
    """How far the vectors of texts are from those aimed at: one less the cosine.

    Args:
        model: The model that is trained.
        aims: What is aimed at for each text: shape (n_texts, dim), rows of unit length.
        bf16: See `Recipe`.
    """

    def __init__(self, model: SentenceTransformer, aims: NDArray[np.float32], *, bf16: bool = False) -> None:
        super().__init__()
        self.model = model
        self._aims = torch.from_numpy(aims)
        self._bf16 = bf16

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """Return the loss of a batch; `labels` are the places of its texts in `aims`."""
        (texts,) = sentence_features
        (found,) = embed_by_length(self.model, [texts], bf16=self._bf16)
        aims = self._aims[labels.cpu()].to(found.device)
        return AGREE_SCALE * (1 - nn.functional.cosine_similarity(found, aims)).mean()


def _distinct(features: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """Return the texts without those that are the same as others, and the place of each."""
    ids, places = torch.unique(features["input_ids"], dim=0, return_inverse=True)
    firsts = torch.stack([torch.nonzero(places == number)[0, 0] for number in range(len(ids))])
    return {"input_ids": ids, "attention_mask": features["attention_mask"][firsts]}, places


class _InOrder(Sampler[list[int]]):
    """Batches that are laid out beforehand, in their order."""

    def __init__(self, dataset: Any, batch_size: int, *_: Any, **__: Any) -> None:
        super().__init__()
        self._count, self._size = len(dataset), batch_size
        self.batch_size = batch_size
        self.drop_last = True

    def __iter__(self) -> Iterator[list[int]]:
        for start in range(0, self._count - self._size + 1, self._size):
            yield list(range(start, start + self._size))

    def __len__(self) -> int:
        return self._count // self._size

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: every epoch has the same order."""


def _bigrams(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def train(
    base: Path,
    out: Path,
    laid: Sequence[Sequence[Pair]],
    recipe: Recipe,
    *,
    judged: Sequence[Sequence[JudgedPair]] = (),
    guide: Embedder | None = None,
    resume: bool = False,
) -> Path:
    """Train the model at `base` on the batches `laid`, and `judged`, and return the folder of the result.

    Args:
        base: Folder of the model to start from.
        out: Folder of checkpoints; the result is in its `final`.
        laid: The batches in their order.
        recipe: Options of the run.
        judged: Batches of pairs of which is known whether they answer; they come among the others, at random.
        guide: An earlier model, which tells what is no negative.
        resume: Whether to go on from the last checkpoint in `out`, if there is one.
    """
    from datasets import Dataset

    model = _loaded(base, recipe)
    pairs = [pair for batch in laid for pair in batch]
    vectors = None
    if guide:
        vectors = (
            guide.embed([pair.query for pair in pairs], "query"),
            guide.embed([pair.passage for pair in pairs], "passage"),
        )
    ranked = Dataset.from_dict(
        {
            "query": [pair.query for pair in pairs],
            "passage": [pair.passage for pair in pairs],
            "negative": [pair.negative for pair in pairs],
            "label": list(range(len(pairs))),
        }
    )
    datasets: dict[str, Any] = {"ranked": ranked}
    losses: dict[str, nn.Module] = {"ranked": PolicyLoss(model, pairs, guide=vectors, bf16=recipe.bf16)}
    if judged:
        known = [pair for batch in judged for pair in batch]
        datasets["judged"] = Dataset.from_dict(
            {
                "query": [pair.query for pair in known],
                "passage": [pair.passage for pair in known],
                "label": [pair.answers for pair in known],
            }
        )
        losses["judged"] = JudgedLoss(model, bf16=recipe.bf16)
    steps = min(recipe.steps, len(laid)) + len(judged)
    return _run(model, out, datasets, losses, _arguments(out, recipe, steps), resume=resume)


def agree(
    model: Path,
    out: Path,
    laid: Sequence[Sequence[int]],
    recipe: Recipe,
    *,
    texts: Sequence[str],
    aims: NDArray[np.float32],
    resume: bool = False,
) -> Path:
    """Train the model at `model` to give texts the vectors that are aimed at, and return the folder of the result.

    Args:
        model: Folder of the model to start from.
        out: Folder of checkpoints; the result is in its `final`.
        laid: The batches in their order, each of places of texts.
        recipe: Options of the run.
        texts: The texts, as the model reads them.
        aims: What is aimed at for each: shape (n_texts, dim), rows of unit length.
        resume: Whether to go on from the last checkpoint in `out`, if there is one.
    """
    from datasets import Dataset

    encoder = _loaded(model, recipe)
    places = [place for batch in laid for place in batch]
    dataset = Dataset.from_dict({"text": [texts[place] for place in places], "label": places})
    loss = AgreeLoss(encoder, aims, bf16=recipe.bf16)
    arguments = _arguments(out, recipe, len(laid))
    return _run(encoder, out, {"agree": dataset}, {"agree": loss}, arguments, resume=resume)


def _loaded(folder: Path, recipe: Recipe) -> SentenceTransformer:
    """Return the model of a folder, its lowest layers frozen."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    # On a processor, torch's fused attention takes more than half of a step's time to go backward.
    model = SentenceTransformer(
        str(folder),
        device=None if torch.cuda.is_available() else "cpu",
        model_kwargs={} if torch.cuda.is_available() else {"attn_implementation": "eager"},
    )
    model.max_seq_length = recipe.max_tokens
    bert: Any = model[0].auto_model
    lowest = bert.embeddings if recipe.frozen_layers else bert.embeddings.word_embeddings
    for module in (lowest, *bert.encoder.layer[: recipe.frozen_layers]):
        module.requires_grad_(False)  # noqa: FBT003 - torch takes it by place
    return model


def _arguments(out: Path, recipe: Recipe, steps: int) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=str(out),
        max_steps=steps,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup_steps,
        weight_decay=0.01,
        max_grad_norm=1.0,
        save_steps=recipe.save_every,
        save_total_limit=8,
        logging_steps=5,
        seed=recipe.seed,
        report_to="none",
        batch_sampler=_InOrder,
        multi_dataset_batch_sampler="proportional",
        prompts={"query": "query: ", "passage": "passage: ", "negative": "passage: "},
        dataloader_num_workers=0,
        use_cpu=not torch.cuda.is_available(),
    )


def _run(
    model: SentenceTransformer,
    out: Path,
    datasets: dict[str, Any],
    losses: dict[str, nn.Module],
    arguments: SentenceTransformerTrainingArguments,
    *,
    resume: bool,
) -> Path:
    trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=datasets, loss=losses)
    # One that was interrupted before its first checkpoint begins anew.
    trainer.train(resume_from_checkpoint=(resume and any(out.glob("checkpoint-*"))) or None)
    final = out / "final"
    model.max_seq_length = MAX_TOKENS
    model.save_pretrained(str(final))
    return final
