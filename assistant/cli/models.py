"""The command of those who want a model as a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.terminal import Commands, print_line
from assistant.errors import ModelError

app = Commands(no_args_is_help=True, help="Write models as folders that sentence-transformers loads.")


class Exported(StrEnum):
    """Models that can be written."""

    E5_SMALL = "e5-small"
    ENCODER = "encoder"


@app.command()
def export(
    model: Annotated[Exported, typer.Argument(metavar="MODEL", help="`e5-small` or `encoder`.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write, which must not be there yet.")],
) -> None:
    """Write a model with its weights for torch, without a network.

    `e5-small` is multilingual-e5-small (extra `e5`), `encoder` the one that comes with the assistant (extra `train`).

    Example: policy-assistant models export e5-small my-e5
    """
    from assistant.backends.e5_small import export_e5_small
    from assistant.backends.encoder_folder import to_torch
    from assistant.embedding import bundled

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: is there already: name a folder that is not, or empty it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, so that it is renamed and not copied; nothing half written is left under its name.
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        if model is Exported.E5_SMALL:
            export_e5_small(aside)
        else:
            to_torch(bundled("encoder"), aside)
        aside.chmod(0o755)
        for path in aside.rglob("*"):
            # A library writes some for their owner only; whoever runs a service may be another.
            path.chmod(0o755 if path.is_dir() else 0o644)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    print_line(f"{folder}: {model.value}. To use it, set ASSISTANT_EMBEDDER={folder}; that needs the extra `models`.")
