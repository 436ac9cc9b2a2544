"""Builds of an index that are stopped, for `test_index.py`: `python builds.py MODE CORPUS CHANGED FOLDER`.

Run as a process of its own, because it is killed again and again.
"""

from __future__ import annotations

import builtins
import io
import os
import resource
import shutil
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KILLED = 9
STEPS = ("open", "fsync", "mkdir", "rename", "replace", "rmdir", "unlink")


@contextmanager
def every_step(hook: Callable[[], None]) -> Iterator[None]:
    """Call `hook` before every step that changes the disk, whoever takes it."""
    former = {name: getattr(os, name) for name in STEPS}
    former_open = builtins.open

    def hooked(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            hook()
            return function(*args, **named)

        return call

    def hooked_open(file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
        if not isinstance(file, int) and set(mode) & set("wax+"):
            hook()
        return former_open(file, mode, *args, **named)

    try:
        for name, function in former.items():
            setattr(os, name, hooked(function))
        # `Path.open` takes the one of `io`.
        builtins.open = io.open = hooked_open
        yield
    finally:
        for name, function in former.items():
            setattr(os, name, function)
        builtins.open = io.open = former_open


class Steps:
    """Counts steps, and does something before one of them.

    Args:
        stop: What to do.
        at: Number of the step, from 1.
    """

    def __init__(self, stop: Callable[[], None], at: int) -> None:
        self.stop, self.at, self.count = stop, at, 0

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.at:
            self.stop()


def main(mode: str, corpus: Path, changed: Path, folder: Path) -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from assistant import PolicyIndexError, open_corpus
    from assistant.index import IndexStore
    from assistant.index.shards import Analyzer, names_in
    from assistant.settings import Settings
    from assistant.thesaurus import default_thesaurus
    from tests.conftest import FakeEmbedder

    former, latter = open_corpus(corpus), open_corpus(changed)
    names = [name for policy in former for name in names_in(policy)]
    analyzer = Analyzer(default_thesaurus(), names, cache_dir=Settings().cache_dir())
    models = [FakeEmbedder()]
    IndexStore(folder / "former").build(former, analyzer, models)
    if mode == "build":
        return

    def check(store: IndexStore) -> str:
        """Assert that one version is in use, whole, and that another build puts things right."""
        old, new = store.open(former, analyzer, models), store.open(latter, analyzer, models)
        assert bool(old) != bool(new), (old, new)
        again = store.build(latter, analyzer, models)
        reopened = store.open(latter, analyzer, models)
        assert reopened is not None
        assert reopened.version == again.version
        left = sorted(path.name for path in store.folder.rglob("*.tmp"))
        assert not left, left
        assert len(list((store.folder / "versions").iterdir())) <= 2
        return "new" if new else "old"

    def start(name: str) -> IndexStore:
        return IndexStore(Path(shutil.copytree(folder / "former", folder / name)))

    seen: list[str] = []
    if mode == "kill":
        step, code = 0, KILLED
        while code == KILLED:
            step += 1
            store = start(f"killed-{step}")
            child = os.fork()
            if not child:
                with every_step(Steps(lambda: os._exit(KILLED), step)):
                    store.build(latter, analyzer, models)
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            seen.append(check(store))
        assert code == 0, code
    else:
        for size in (0, 1, 100, 500, 1_000, 3_000, 8_000, 16_000):
            store = start(f"limit-{size}")
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            said = ""
            try:
                store.build(latter, analyzer, models)
            except PolicyIndexError as error:
                said = str(error)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            if said:
                assert said.startswith(str(store.folder)), said
                assert "File too large" in said or "written" in said, said
                assert "make room, or name another folder" in said, said
                assert not list(store.folder.rglob("*.tmp"))
            seen.append(check(store))
    # The former version up to some step, the new one from there on.
    assert seen == sorted(seen, key=("old", "new").index), seen
    sys.stdout.write(f"{seen.count('old')} {seen.count('new')}\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1], *(Path(argument) for argument in sys.argv[2:]))
