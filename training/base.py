"""Base weights: multilingual-e5-small, without the pieces of its vocabulary that Chinese and English never need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.backends.e5_small import packed_path, read_packed, tokenizer_of, write_folder
from assistant.backends.encoder_folder import SPECIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from assistant.backends.e5_small import PackedModel

_HAN = r"㐀-䶿一-鿿豈-﫿々〇"
_COMMON = "\u2000-\u206f\u3000-\u303f\uff00-\uffef°·×÷±§«»®©™€£¥№①-⑳"
_CHINESE = re.compile(f"(?=.*[{_HAN}{_COMMON}])[\\x20-\\x7e{_HAN}{_COMMON}]+")
_LONE = re.compile(
    "[\\x20-\u024f\u0370-\u03ff\u2000-\u2bff\u3000-\u30ff\u3100-\u312f\u3200-\u33ff㐀-䶿一-鿿豈-\ufaff\ufe30-\ufe6f\uff00-\uffef]"
)
_NO_LETTER = re.compile(r"[\x20-\x40\x5b-\x60\x7b-\x7e]*")


def needed_ids(packed: PackedModel, tokenize: Callable[[str], list[int]], texts: Iterable[str]) -> list[int]:
    """Return the ids of the pieces that Chinese and English texts need, in ascending order.

    Kept are the special pieces, every piece with a Chinese character or its punctuation and
    nothing but these and ASCII, single characters of the scripts near by, ASCII pieces
    without letters or of up to three characters, and the ASCII pieces that appear in `texts`.

    Args:
        packed: The packed model.
        tokenize: The full vocabulary's tokenizer.
        texts: English (and mixed) texts whose pieces are to stay.
    """
    kept = set(range(len(SPECIALS)))
    for index, piece in enumerate(packed.pieces):
        bare = piece.replace("▁", "")
        if (
            _NO_LETTER.fullmatch(bare)
            or (len(bare) == 1 and _LONE.fullmatch(bare))
            or (len(bare) <= 3 and bare.isascii())
            or _CHINESE.fullmatch(bare)
        ):
            kept.add(index)
    kept.discard(packed.pieces.index("<mask>"))
    for text in texts:
        kept.update(index for index in tokenize(text) if packed.pieces[index].replace("▁", "").isascii())
    return sorted(kept)


def english_words(count: int) -> list[str]:
    """Return the `count` most frequent English words, small, capitalized and (the first) in capitals."""
    from wordfreq import top_n_list

    words = top_n_list("en", count)
    return [
        form
        for rank, word in enumerate(words)
        for form in ((word, word.capitalize(), word.upper()) if rank < count // 3 else (word, word.capitalize()))
    ]


def build(out: Path, *, texts: Iterable[str], words: int = 120_000, full: bool = False) -> int:
    """Write the base as a sentence-transformers folder.

    Args:
        out: Folder to write; its files are replaced.
        texts: Texts whose pieces must stay in the vocabulary.
        words: How many English words' pieces stay in it.
        full: Whether to keep the whole vocabulary instead.

    Returns:
        The size of the vocabulary.
    """
    packed = read_packed(packed_path())
    whole = tokenizer_of(packed.pieces, packed.scores)

    def tokenize(text: str) -> list[int]:
        return list(whole.encode(text, add_special_tokens=False).ids)

    ids = list(range(len(packed.pieces))) if full else needed_ids(packed, tokenize, (*english_words(words), *texts))
    write_folder(packed, ids, out)
    return len(ids)
