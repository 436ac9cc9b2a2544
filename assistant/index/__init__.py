"""The index: what retrieval needs of each policy, built once and kept on disk.

On disk an index is a folder::

    CURRENT                       name of the version in use, swapped by a rename
    lock                          held by the process that builds
    versions/<hash>/manifest.json inputs, and size and SHA-256 of every file; its own is <hash>
    versions/<hash>/<policy>/     keys.json, bm25/, one vector file a model

A version is written aside, flushed to disk, then renamed; a reader that has opened one
keeps it. The name of a version is the hash of its bytes, so that nothing in it can be altered
unnoticed, and no whole version is ever written over.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from contextlib import contextmanager, suppress
from importlib import metadata
from typing import TYPE_CHECKING, Any

from assistant import storage
from assistant.errors import IndexDamagedError, IndexLockedError, PolicyIndexError
from assistant.index.passages import passages
from assistant.index.shards import BM25_B, BM25_K1, Shard, build_shard, texts_of
from assistant.text import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from assistant.embedding import Embedder, Vectors
    from assistant.index.shards import Analyzer, Progress
    from assistant.policy import Policy

CURRENT = "CURRENT"
"""File of an index that names the version in use."""

_FORMAT = 4
_BM25 = "bm25"
_KEYS = "keys.json"
_MANIFEST = "manifest.json"
_ASIDE = "new.tmp"
_VERSION = re.compile(r"[0-9a-f]{64}")
_PLAIN_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_REBUILD = "run `policy-assistant index --force` to build the index anew"
# For another process that is building.
_WAIT_S = 600


class Index:
    """An opened version of the index: a snapshot, which later versions leave alone."""

    def __init__(self, version: str, shards: Sequence[Shard], *, stored_as: str = "") -> None:
        self.version = version
        """SHA-256 of what the index was built from, hexadecimal."""
        self.stored_as = stored_as
        """What names it on disk; empty if it is in memory only."""
        self.shards = {shard.policy.id: shard for shard in shards}
        """By policy id."""


class IndexStore:
    """The folder of an index.

    Args:
        folder: Where the index is, or is to be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, policies: Sequence[Policy], analyzer: Analyzer, embedders: Sequence[Embedder]) -> Index | None:
        """Open the version in use, if it was built from these inputs; else return None.

        Raises:
            IndexDamagedError: If a file is missing, cut short or altered.
            PolicyIndexError: If the folder cannot be read.
        """
        inputs = _inputs(policies, analyzer, embedders)
        current = self._current()
        while current:
            try:
                return self._open_version(current, inputs, policies, embedders)
            except IndexDamagedError:
                # Unless a builder has put another version in use since, and removed this one.
                former, current = current, self._current()
                if current == former:
                    raise
        return None

    def build(
        self,
        policies: Sequence[Policy],
        analyzer: Analyzer,
        embedders: Sequence[Embedder],
        *,
        progress: Progress | None = None,
        force: bool = False,
        waiting: Callable[[], object] | None = None,
    ) -> Index:
        """Build a version and put it in use; the former one serves until the last moment.

        Of several processes one builds; the others wait for it, and open what it has built.

        Args:
            policies: What is indexed.
            analyzer: Turns text into tokens.
            embedders: The models.
            progress: Told how far it is.
            force: Embed every text again, instead of taking over vectors of the former version.
            waiting: Called once if another process is building.

        Raises:
            IndexLockedError: If another process is building still.
            PolicyIndexError: If the folder cannot be written; what was there is unharmed.
        """
        from filelock import FileLock, Timeout

        inputs = _inputs(policies, analyzer, embedders)
        lock = FileLock(self.folder / "lock")
        with self._writing():
            self._versions.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
                waited = False
            except Timeout:
                waited = True
        if waited:
            if waiting:
                waiting()
            try:
                lock.acquire(timeout=_WAIT_S)
            except Timeout:
                raise IndexLockedError(
                    f"{self.folder / 'lock'}: another process is building this index: wait until it has ended"
                ) from None
        try:
            if waited and not force:
                with suppress(IndexDamagedError):
                    if built := self.open(policies, analyzer, embedders):
                        return built
            known = {} if force else self._known_vectors()
            shards = [build_shard(p, analyzer, embedders, known=known, progress=progress) for p in policies]
            with self._writing():
                name = self._write(inputs, shards)
                self._put_in_use(name)
        finally:
            lock.release()
        return Index(sha256_of(_as_json(inputs)), shards, stored_as=name)

    @property
    def _versions(self) -> Path:
        return self.folder / "versions"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # NumPy's own errors of writing have no `strerror`.
            raise PolicyIndexError(
                f"{error.filename or self.folder}: the index cannot be written ({error.strerror or error}): "
                "make room, or name another folder with --index-dir or ASSISTANT_INDEX_DIR"
            ) from error

    def _current(self) -> str:
        """Return the name of the version in use; empty if there is none yet."""
        path = self.folder / CURRENT
        try:
            name = path.read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _unreadable(path, error) from error
        if not _VERSION.fullmatch(name):
            raise IndexDamagedError(f"{path}: does not name a version of the index: {_REBUILD}")
        return name

    def _open_version(
        self, name: str, inputs: dict[str, Any], policies: Sequence[Policy], embedders: Sequence[Embedder]
    ) -> Index | None:
        folder = self._versions / name
        if not folder.is_dir():
            raise IndexDamagedError(f"{self.folder / CURRENT}: names version {name}, which is not there: {_REBUILD}")
        manifest = _manifest(folder)
        if manifest["inputs"] != inputs:
            return None
        for file in manifest["files"]:
            _checked(folder, file, manifest)
        shards = [_load_shard(folder / _file_name(policy.id), policy, embedders) for policy in policies]
        return Index(sha256_of(_as_json(inputs)), shards, stored_as=name)

    def _known_vectors(self) -> dict[tuple[str, str], Vectors]:
        """Return the vectors of the version in use; what cannot be read is left out."""
        import numpy as np

        known: dict[tuple[str, str], Vectors] = {}
        with suppress(PolicyIndexError):
            folder = self._versions / self._current()
            manifest = _manifest(folder)
            if manifest["inputs"]["format"] != _FORMAT:
                return known
            for policy in manifest["inputs"]["policies"]:
                place = _file_name(policy["id"])
                with suppress(PolicyIndexError):
                    keys = json.loads(_checked(folder, f"{place}/{_KEYS}", manifest))
                    for name, identity in manifest["inputs"]["embedders"].items():
                        data = _checked(folder, f"{place}/{_file_name(name)}.npy", manifest)
                        rows = np.load(io.BytesIO(data), allow_pickle=False)
                        known |= {(identity, key): row for key, row in zip(keys, rows, strict=True)}
        return known

    def _write(self, inputs: dict[str, Any], shards: Sequence[Shard]) -> str:
        """Write a version and return its name; one with the same bytes is left as it is."""
        aside = self._versions / _ASIDE
        # A killed build may have left it.
        shutil.rmtree(aside, ignore_errors=True)
        try:
            for shard in shards:
                _save_shard(aside / _file_name(shard.policy.id), shard)
            files = {
                path.relative_to(aside).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path.read_bytes())}
                for path in sorted(aside.rglob("*"))
                if path.is_file()
            }
            manifest = _as_json({"inputs": inputs, "files": files}).encode()
            (aside / _MANIFEST).write_bytes(manifest)
            for path in [*aside.rglob("*"), aside]:
                storage.flush(path)
            name = _sha256(manifest)
            target = self._versions / name
            if not _is_whole(target):
                if target.exists():
                    shutil.rmtree(target)
                aside.rename(target)
                storage.flush(self._versions)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return name

    def _put_in_use(self, name: str) -> None:
        """Make `CURRENT` name a version, and remove all others but the one it named before."""
        former = ""
        with suppress(PolicyIndexError):
            former = self._current()
        aside = self.folder / f"{CURRENT}.tmp"
        try:
            aside.write_text(f"{name}\n", "ascii")
            storage.flush(aside)
            aside.replace(self.folder / CURRENT)
        finally:
            aside.unlink(missing_ok=True)
        storage.flush(self.folder)
        for path in self._versions.iterdir():
            # Whatever else a person keeps here is not ours to remove.
            if _VERSION.fullmatch(path.name) and path.name not in (name, former):
                shutil.rmtree(path, ignore_errors=True)


def _inputs(policies: Sequence[Policy], analyzer: Analyzer, embedders: Sequence[Embedder]) -> dict[str, Any]:
    """Return what an index is made of; two indexes of the same inputs are the same."""
    return {
        "format": _FORMAT,
        "policies": [{"id": p.id, "sha256": p.sha256, "texts": sha256_of(_as_json(_texts(p)))} for p in policies],
        "analyzer": analyzer.identity,
        "embedders": {embedder.name: embedder.identity for embedder in embedders},
        "scoring": {"k1": BM25_K1, "b": BM25_B},
        "libraries": {
            distribution: _version_of(distribution)
            for distribution in ("policy-assistant", "bm25s", "jieba", "opencc", "snowballstemmer")
        },
    }


def _texts(policy: Policy) -> list[tuple[str, ...]]:
    texts = texts_of(policy, passages(policy))
    return [texts.embedded, texts.headings, texts.renderings]


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _save_shard(folder: Path, shard: Shard) -> None:
    import numpy as np

    folder.mkdir(parents=True)
    shard.bm25.save(folder / _BM25)
    (folder / _KEYS).write_text(_as_json(shard.keys), "utf-8")
    for name, vectors in shard.vectors.items():
        np.save(folder / f"{_file_name(name)}.npy", vectors, allow_pickle=False)


def _load_shard(folder: Path, policy: Policy, embedders: Sequence[Embedder]) -> Shard:
    import bm25s
    import numpy as np

    found = passages(policy)
    texts = texts_of(policy, found)
    files = {embedder.name: folder / f"{_file_name(embedder.name)}.npy" for embedder in embedders}
    try:
        return Shard(
            policy=policy,
            passages=found,
            bm25=bm25s.BM25.load(folder / _BM25),
            # Mapped, but plain arrays: each result of a memmap would be one, which takes longer than small sums.
            vectors={
                name: np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)) for name, path in files.items()
            },
            rendered=np.array(texts.rendered, np.int64),
            keys=tuple(json.loads(_read(folder / _KEYS))),
        )
    except (OSError, ValueError) as error:
        # Its bytes were right a moment ago: it has been removed or altered since.
        raise IndexDamagedError(f"{folder}: cannot be loaded ({error}): {_REBUILD}") from error


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a version, whose name is the manifest's SHA-256."""
    path = folder / _MANIFEST
    data = _read(path)
    if _sha256(data) != folder.name:
        raise IndexDamagedError(f"{path}: is not as it was written: {_REBUILD}")
    return dict(json.loads(data))


def _checked(folder: Path, file: str, manifest: dict[str, Any]) -> bytes:
    """Return the bytes of a file of a version, if they are as the manifest says."""
    data = _read(folder / file)
    if manifest["files"].get(file) != {"bytes": len(data), "sha256": _sha256(data)}:
        raise IndexDamagedError(f"{folder / file}: is not as it was written: {_REBUILD}")
    return data


def _is_whole(folder: Path) -> bool:
    try:
        manifest = _manifest(folder)
        for file in manifest["files"]:
            _checked(folder, file, manifest)
    except PolicyIndexError:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise IndexDamagedError(f"{path}: is missing: {_REBUILD}") from None
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> PolicyIndexError:
    return PolicyIndexError(
        f"{path}: cannot be read ({error.strerror}): name another folder with --index-dir or ASSISTANT_INDEX_DIR"
    )


def _file_name(name: str) -> str:
    """Return a name that is right for a file: a model may be called `BAAI/bge-m3`, a policy `manifest.json`."""
    return name if _PLAIN_NAME.fullmatch(name) else sha256_of(name)[:32]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
