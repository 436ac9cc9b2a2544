"""Blending: the mean of a trained model's weights and its base's."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from assistant.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


def blend(base: Path, model: Path, out: Path, *, share: float) -> Path:
    """Write the mean of a trained model's weights and its base's, which keeps more of what the base knew.

    Args:
        base: Folder of the base.
        model: Folder of the trained model.
        out: Folder to write.
        share: The base's share of each weight (WiSE-FT, arXiv 2109.01903).

    Raises:
        ModelError: If the model was not trained from that base: their weights differ in shape.
    """
    from safetensors.numpy import load_file, save_file

    old, new = (load_file(folder / "model.safetensors") for folder in (base, model))
    for name in new.keys() & old.keys():
        if new[name].shape != old[name].shape:
            shapes = f"{new[name].shape} in {model} and {old[name].shape} in {base}"
            raise ModelError(f"{name} is {shapes}: average a model with the base that it was trained from")
    shutil.copytree(model, out, dirs_exist_ok=True)
    mean = {name: ((1 - share) * new[name] + share * old[name]).astype(new[name].dtype) for name in new if name in old}
    save_file(mean, out / "model.safetensors", metadata={"format": "pt"})
    return out
