"""The index on disk: what is opened is whole, and what is there survives whatever happens to a build."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from assistant import IndexDamagedError, IndexLockedError, PolicyIndexError, open_corpus, parse
from assistant.index import Index, IndexStore
from assistant.index.passages import passages
from assistant.index.shards import Analyzer, names_in, texts_of
from assistant.thesaurus import Concept, Thesaurus
from tests.conftest import FakeEmbedder
from tests.timing import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant import Policy
    from assistant.embedding import Role, Vectors

    Policies = tuple[Policy, ...]

FORCE = "run `policy-assistant index --force`"
ELSEWHERE = "name another folder with --index-dir or ASSISTANT_INDEX_DIR"
BUILDS = Path(__file__).parent / "builds.py"


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of an index by name; the lock's content is no matter."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def statements(text: str) -> list[tuple[str, list[str]]]:
    """Return the context of each passage with what it says."""
    policy = parse(text, id="said")
    return [(found.context, [policy.text[a:b] for a, b in found.sentences]) for found in passages(policy)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Selling\n\nNo. We keep your data to ourselves.", "No. We keep your data to ourselves."),
        ("一、出售\n不会。我们只在本公司使用您的信息。", "不会。我们只在本公司使用您的信息。"),
        ("一、出售\n注：我们只在本公司使用您的信息。", "注：我们只在本公司使用您的信息。"),
    ],
)
def test_a_yes_or_no_is_told_with_what_follows(text: str, said: str) -> None:
    assert statements(text)[-1][1] == [said]


@pytest.mark.parametrize(
    ("text", "defined"),
    [
        ("一、定义\n个人信息是指以电子方式记录的各种信息。", "个人信息"),
        ("一、定义\n（一）书币：指您充值取得的代币。", "书币"),
        ('1. Terms\n1.1 "Clip" means a video recording.', "Clip"),
        ("1. Terms\n1.1 Personal data means what is about you.", "Personal data"),
        ("一、定位\n我们按照指引收集您的位置信息。", ""),
        ("1. Terms\n1.1 We use it by every means.", ""),
    ],
)
def test_a_passage_tells_what_it_defines(text: str, defined: str) -> None:
    assert passages(parse(text, id="defined"))[-1].defines == defined


@pytest.mark.parametrize(
    ("text", "announces"),
    [
        ("尊敬的用户：我们对《隐私政策》进行了更新。新增了退款所需的信息。", True),
        ("欢迎使用云巢！我们于近日更新了《云巢隐私政策》，请您阅读。", True),
        ("本次更新的内容主要包括：儿童个人信息的保护。", True),
        ("我们会对本政策进行更新，并通知您。", False),
        ("如更新了本政策，我们将在更新生效前告知您。", False),
        ("您更新了收货地址，我们会保存。", False),
    ],
)
def test_a_passage_tells_whether_it_announces_what_has_changed(text: str, announces: bool) -> None:
    assert passages(parse(f"一、说明\n{text}", id="new"))[-1].announces is announces


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("为规范园区的管理，维护访客的合法权益，制定本办法。", True),
        ("根据有关法律，制定本规则。本规则由云巢管理处负责解释。", True),
        ("为规范园区的管理，制定本办法。访客须登记。", False),
        ("本办法适用于在职员工。", False),
        ("违反本规则的，取消资格。", False),
    ],
)
def test_a_passage_tells_whether_it_is_only_about_the_policy_itself(text: str, frames: bool) -> None:
    assert passages(parse(f"一、说明\n{text}", id="new"))[-1].frames is frames


def test_rows_that_give_a_value_are_statements_and_lines_of_names_are_one() -> None:
    rows = ["客服通话录音：十二个月", "Corbel Ltd – card payments – United Kingdom"]
    text = "\n".join(["一、保存期限", "保存期限如下：", *rows, "二、第三方插件", "com.one.sdk", "com.two.sdk"])
    said = [statement for _, spans in statements(text) for statement in spans]
    assert said == ["保存期限如下：", *rows, "com.one.sdk\ncom.two.sdk"]


def test_a_heading_that_runs_into_its_text_is_read_with_it_and_above_its_items() -> None:
    text = "2.1.3 Payment. Cards are charged by Corbel. We see four digits.\n2.1.4 Voice Panel.\n(i) It listens here.\n"
    said = statements(f"2 What we collect\n2.1 From you\n{text}(ii) It sends nothing.\n")
    assert ("2 What we collect › From you", ["Payment. Cards are charged by Corbel.", "We see four digits."]) in said
    assert ("2 What we collect › From you › Voice Panel", ["It listens here."]) in said
    assert not any("Voice Panel." in statement for _, spans in said for statement in spans)


def version(folder: Path) -> Path:
    return folder / "versions" / (folder / "CURRENT").read_text().strip()


def equal(one: Index | None, other: Index | None) -> bool:
    """Say whether two indexes work the same."""
    if one is None or other is None or one.version != other.version or list(one.shards) != list(other.shards):
        return False
    for left, right in zip(one.shards.values(), other.shards.values(), strict=True):
        same = left.passages == right.passages and left.keys == right.keys and (left.firsts == right.firsts).all()
        same &= all((rows == right.vectors[name]).all() for name, rows in left.vectors.items())
        for token in ("收集", "deliv", "§getui", "nowhere"):
            same &= bool((left.bm25.get_scores([token]) == right.bm25.get_scores([token])).all())
        if not same:
            return False
    return True


@pytest.fixture
def store(index_dir: Path) -> IndexStore:
    return IndexStore(index_dir)


@pytest.fixture
def changed(corpus: Path) -> Policies:
    """The corpus with one sentence of `lantern` changed."""
    path = corpus / "lantern" / "policy.txt"
    text = path.read_text("utf-8")
    assert "for two years." in text
    path.write_text(text.replace("for two years.", "for three years."), "utf-8")
    return open_corpus(corpus)


# --- Building and opening --------------------------------------------------------------


def test_nothing_is_opened_where_nothing_was_built(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    assert store.open(policies, analyzer, [embedder]) is None
    assert not store.folder.exists()


def test_what_was_built_is_opened_without_embedding_again(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    built = store.build(policies, analyzer, [embedder])
    texts = [text for policy in policies for text in texts_of(policy, passages(policy)).embedded]
    assert embedder.texts == texts
    opened = IndexStore(store.folder).open(policies, analyzer, [embedder])
    assert opened is not None
    assert equal(opened, built)
    assert embedder.texts == texts
    for shard in opened.shards.values():
        rows = shard.vectors["fake"]
        assert rows.dtype == np.float32
        assert rows.shape == (len(shard.keys), embedder.dim)
        assert shard.firsts.tolist() == sorted(set(shard.firsts.tolist()))
        assert shard.firsts[-1] + 1 + len(shard.passages[-1].sentences) == len(shard.keys)
        assert not rows.flags.writeable


def test_two_builds_write_the_same_bytes(
    tmp_path: Path, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    for name in ("one", "other"):
        IndexStore(tmp_path / name).build(policies, analyzer, [embedder])
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_another_process_writes_the_same_bytes(
    tmp_path: Path, corpus: Path, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    IndexStore(tmp_path / "here").build(policies, analyzer, [embedder])
    run_builds("build", corpus, corpus, tmp_path / "there", PYTHONHASHSEED="1")
    assert files(tmp_path / "there" / "former") == files(tmp_path / "here")


def test_building_again_changes_nothing(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.build(policies, analyzer, [embedder])
    before = files(store.folder)
    inode = version(store.folder).stat().st_ino
    embedded = len(embedder.texts)
    store.build(policies, analyzer, [embedder])
    assert len(embedder.texts) == embedded
    store.build(policies, analyzer, [embedder], force=True)
    assert len(embedder.texts) == 2 * embedded
    assert files(store.folder) == before
    assert version(store.folder).stat().st_ino == inode


def test_only_what_has_changed_is_embedded_again(
    store: IndexStore, policies: Policies, changed: Policies, analyzer: Analyzer, embedder: FakeEmbedder, tmp_path: Path
) -> None:
    store.build(policies, analyzer, [embedder])
    embedder.texts.clear()
    assert store.open(changed, analyzer, [embedder]) is None
    built = store.build(changed, analyzer, [embedder])
    assert len(embedder.texts) == 2
    assert all("three years" in text for text in embedder.texts)
    assert equal(store.open(changed, analyzer, [embedder]), built)
    # The same as if nothing had been there.
    assert equal(IndexStore(tmp_path / "anew").build(changed, analyzer, [embedder]), built)
    assert files(tmp_path / "anew") == {
        name: data for name, data in files(store.folder).items() if not name.startswith("versions/")
    } | {f"versions/{version(store.folder).name}/{name}": data for name, data in files(version(store.folder)).items()}


def test_another_model_embeds_everything(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.build(policies, analyzer, [embedder])
    other = FakeEmbedder(identity="fake 2")
    assert store.open(policies, analyzer, [other]) is None
    store.build(policies, analyzer, [other])
    assert len(other.texts) == len(embedder.texts)
    assert store.open(policies, analyzer, [other]) is not None
    assert store.open(policies, analyzer, [embedder]) is None


def test_a_second_model_leaves_the_first_ones_vectors(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.build(policies, analyzer, [embedder])
    before, second = len(embedder.texts), FakeEmbedder("second", "second 1")
    built = store.build(policies, analyzer, [embedder, second])
    assert (len(embedder.texts), len(second.texts)) == (before, before)
    assert equal(store.open(policies, analyzer, [embedder, second]), built)


@pytest.mark.parametrize("what", ["name", "thesaurus"])
def test_another_dictionary_counts_words_anew_but_embeds_nothing(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder, cache_dir: Path, what: str
) -> None:
    store.build(policies, analyzer, [embedder])
    names = [name for policy in policies for name in names_in(policy)]
    if what == "name":
        other = Analyzer(analyzer.thesaurus, [*names, "新书通知"], cache_dir=cache_dir)
    else:
        concept = Concept(id="courier", kind="actor", zh=("骑手",), en=("courier",))
        other = Analyzer(Thesaurus([*analyzer.thesaurus.concepts, concept]), names, cache_dir=cache_dir)
    assert store.open(policies, other, [embedder]) is None
    embedder.texts.clear()
    built = store.build(policies, other, [embedder])
    assert not embedder.texts
    assert (
        built.shards["yunchao" if what == "name" else "lantern"]
        .bm25.get_scores(["新书通知" if what == "name" else "§courier"])
        .any()
    )


def test_policies_come_and_go(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    lantern, yunchao = policies
    store.build([lantern], analyzer, [embedder])
    assert store.open(policies, analyzer, [embedder]) is None
    store.build(policies, analyzer, [embedder])
    embedder.texts.clear()
    built = store.build([yunchao], analyzer, [embedder])
    assert not embedder.texts
    assert list(built.shards) == ["yunchao"]
    assert store.open(policies, analyzer, [embedder]) is None


def test_names_that_are_none_for_a_file(
    store: IndexStore, analyzer: Analyzer, embedder: FakeEmbedder, tmp_path: Path
) -> None:
    text = "一、收集\n我们收集您的手机号码。\n"
    policies = [parse(text, id=name) for name in ("../../up", "manifest.json", "A", "a", "政策" * 40, "con.x")]
    models = [FakeEmbedder(name) for name in ("BAAI/bge-m3", "../up", "bm25", "keys", "模型")]
    built = store.build(policies, analyzer, models)
    assert equal(store.open(policies, analyzer, models), built)
    assert [path.name for path in tmp_path.iterdir()] == [store.folder.name]
    names = [path.name.lower() for path in version(store.folder).iterdir()]
    assert len(set(names)) == len(policies) + 1


def test_a_policy_without_a_sentence_is_refused(store: IndexStore, analyzer: Analyzer, embedder: FakeEmbedder) -> None:
    with pytest.raises(PolicyIndexError, match="'empty' holds no sentence"):
        store.build([parse("。。。", id="empty")], analyzer, [embedder])
    assert not list((store.folder / "versions").iterdir())
    assert store.open([], analyzer, [embedder]) is None


def test_a_model_that_fails_is_not_taken_for_the_disk(
    store: IndexStore, policies: Policies, changed: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    built = store.build(policies, analyzer, [embedder])

    class Failing(FakeEmbedder):
        def embed(self, texts: Sequence[str], role: Role) -> Vectors:
            raise OSError(errno.ENOENT, "No such file", "weights.bin")

    with pytest.raises(OSError, match=r"weights\.bin"):
        store.build(changed, analyzer, [Failing()])
    assert equal(store.open(policies, analyzer, [embedder]), built)
    # And the lock is free again.
    store.build(changed, analyzer, [embedder])


# --- Versions --------------------------------------------------------------------------


def test_a_reader_goes_on_with_what_it_opened(
    store: IndexStore, policies: Policies, changed: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    built = store.build(policies, analyzer, [embedder])
    reader = store.open(policies, analyzer, [embedder])
    for number in range(3):
        store.build(changed, analyzer, [embedder], force=True)
        store.build(changed[:1], analyzer, [embedder])
        store.build(changed[1:], analyzer, [FakeEmbedder(identity=f"fake {number + 2}")], force=True)
    assert equal(reader, built)
    assert store.open(policies, analyzer, [embedder]) is None


def test_only_the_former_version_is_kept(
    store: IndexStore, policies: Policies, changed: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    # Whoever chose the folder may keep things of their own in it.
    (store.folder / "versions" / "mine").mkdir(parents=True)
    (store.folder / "versions" / "notes.tmp").write_text("mine")
    (store.folder / "README").write_text("mine")
    names = []
    for inputs in (policies, changed, policies[:1], policies[1:]):
        store.build(inputs, analyzer, [embedder])
        names.append(version(store.folder).name)
    assert {path.name for path in (store.folder / "versions").iterdir()} == {*names[-2:], "mine", "notes.tmp"}
    assert {path.name for path in store.folder.iterdir()} == {"CURRENT", "README", "lock", "versions"}


def test_a_half_written_version_is_never_served_and_is_tidied(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    built = store.build(policies, analyzer, [embedder])
    aside = store.folder / "versions" / "new.tmp"
    shutil.copytree(version(store.folder), aside)
    (aside / "lantern" / "keys.json").write_text("[]")
    (store.folder / "CURRENT.tmp").write_text("new.tmp")
    assert equal(store.open(policies, analyzer, [embedder]), built)
    store.build(policies, analyzer, [embedder])
    assert equal(store.open(policies, analyzer, [embedder]), built)
    assert not list(store.folder.rglob("*.tmp"))


def test_an_index_of_an_older_program_is_built_anew(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.build(policies, analyzer, [embedder])
    older = store.folder / "versions" / ("0" * 64)
    version(store.folder).rename(older)
    manifest = json.loads((older / "manifest.json").read_bytes())
    (older / "manifest.json").write_text(json.dumps({"inputs": {"format": 1}, "files": manifest["files"]}))
    digest = hashlib.sha256((older / "manifest.json").read_bytes()).hexdigest()
    older.rename(older.with_name(digest))
    (store.folder / "CURRENT").write_text(digest)
    embedder.texts.clear()
    assert store.open(policies, analyzer, [embedder]) is None
    assert equal(store.build(policies, analyzer, [embedder]), store.open(policies, analyzer, [embedder]))
    assert embedder.texts


# --- Damage ----------------------------------------------------------------------------


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "cut": lambda data: data[:-1],
    "empty": lambda data: b"",
    "longer": lambda data: data + b"\n",
    "first bit": lambda data: flipped(data, 0),
    "last bit": lambda data: flipped(data, 8 * len(data) - 1),
    "deleted": lambda data: None,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_every_file_that_is_damaged_is_named(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder, damage: str
) -> None:
    store.build(policies, analyzer, [embedder])
    paths = [path for path in version(store.folder).rglob("*") if path.is_file()]
    assert len(paths) > 12
    for path in paths:
        whole = path.read_bytes()
        broken = DAMAGE[damage](whole)
        path.unlink() if broken is None else path.write_bytes(broken)
        with pytest.raises(IndexDamagedError) as caught:
            store.open(policies, analyzer, [embedder])
        assert str(caught.value).startswith(f"{path}: ")
        assert FORCE in str(caught.value)
        path.write_bytes(whole)
    assert store.open(policies, analyzer, [embedder]) is not None


def test_no_flipped_bit_goes_unnoticed(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.build(policies[:1], analyzer, [embedder])
    paths = [path for path in version(store.folder).rglob("*") if path.is_file()]
    dice = random.Random(1)
    for _ in range(100):
        path = dice.choice(paths)
        whole = path.read_bytes()
        path.write_bytes(flipped(whole, dice.randrange(8 * len(whole))))
        with pytest.raises(IndexDamagedError, match=re.escape(str(path))):
            store.open(policies[:1], analyzer, [embedder])
        path.write_bytes(whole)


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("manifest.json", "last bit"),
        ("lantern/keys.json", "cut"),
        ("lantern/fake.npy", "last bit"),
        ("lantern/bm25", "deleted"),
    ],
)
def test_building_repairs_what_is_damaged(
    store: IndexStore,
    policies: Policies,
    analyzer: Analyzer,
    embedder: FakeEmbedder,
    file: str,
    damage: str,
    force: bool,
) -> None:
    built = store.build(policies, analyzer, [embedder])
    before = files(store.folder)
    path = version(store.folder) / file
    if path.is_dir():
        path = sorted(path.iterdir())[0]
    broken = DAMAGE[damage](path.read_bytes())
    path.unlink() if broken is None else path.write_bytes(broken)
    store.build(policies, analyzer, [embedder], force=force)
    assert files(store.folder) == before
    assert equal(store.open(policies, analyzer, [embedder]), built)


def test_a_current_that_names_nothing(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    built = store.build(policies, analyzer, [embedder])
    damaged = (b"", b"\n", b"garbage", b"\xff\0\xfe", b"0" * 63, b"0" * 65, b"G" * 64, b"../" * 20, b"A" * 64)
    for content in damaged:
        (store.folder / "CURRENT").write_bytes(content)
        with pytest.raises(IndexDamagedError, match=f"CURRENT: does not name a version of the index: {FORCE}"):
            store.open(policies, analyzer, [embedder])
    store.build(policies, analyzer, [embedder])
    assert equal(store.open(policies, analyzer, [embedder]), built)


def test_a_current_that_is_missing(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    built = store.build(policies, analyzer, [embedder])
    (store.folder / "CURRENT").unlink()
    assert store.open(policies, analyzer, [embedder]) is None
    store.build(policies, analyzer, [embedder])
    assert equal(store.open(policies, analyzer, [embedder]), built)


def test_a_current_that_names_another_version(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.build(policies, analyzer, [embedder])
    (store.folder / "CURRENT").write_text("0" * 64)
    with pytest.raises(IndexDamagedError, match=rf"CURRENT: names version 0{{64}}, which is not there: {FORCE}"):
        store.open(policies, analyzer, [embedder])


def test_a_version_that_is_removed_while_it_is_opened(
    store: IndexStore,
    policies: Policies,
    changed: Policies,
    analyzer: Analyzer,
    embedder: FakeEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.build(policies, analyzer, [embedder])
    former = version(store.folder)
    load = IndexStore._open_version

    def removed(self: IndexStore, name: str, *rest: Any) -> Index | None:
        if name == former.name and former.exists():
            store.build(changed, analyzer, [embedder])
            shutil.rmtree(former)
        return load(self, name, *rest)

    monkeypatch.setattr(IndexStore, "_open_version", removed)
    opened = store.open(changed, analyzer, [embedder])
    assert opened is not None
    assert equal(opened, store.open(changed, analyzer, [embedder]))


# --- Folders that do not suit ----------------------------------------------------------


def test_a_folder_that_is_a_file(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.folder.write_text("mine")
    for use in (store.open, store.build):
        with pytest.raises(PolicyIndexError) as caught:
            use(policies, analyzer, [embedder])
        assert str(store.folder) in str(caught.value)
        assert ELSEWHERE in str(caught.value)
    assert store.folder.read_text() == "mine"
    assert not embedder.texts


@pytest.mark.parametrize("name", ["versions", "lock", "CURRENT"])
def test_a_part_that_is_of_another_kind(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder, name: str
) -> None:
    store.folder.mkdir()
    if name == "versions":
        (store.folder / name).write_text("mine")
    else:
        (store.folder / name / "mine").mkdir(parents=True)
    with pytest.raises(PolicyIndexError) as caught:
        store.build(policies, analyzer, [embedder])
    assert str(store.folder) in str(caught.value)
    assert ELSEWHERE in str(caught.value)
    assert not list(store.folder.rglob("*.tmp"))


@pytest.mark.parametrize("name", ["CURRENT", "manifest.json", "keys.json"])
def test_a_file_that_may_not_be_read(
    store: IndexStore,
    policies: Policies,
    analyzer: Analyzer,
    embedder: FakeEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    store.build(policies, analyzer, [embedder])
    read = Path.read_bytes

    def denied(path: Path) -> bytes:
        if path.name == name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(
        PolicyIndexError, match=rf"{re.escape(name)}: cannot be read \(Permission denied\): {ELSEWHERE}"
    ):
        store.open(policies, analyzer, [embedder])


def test_a_folder_that_may_only_be_read(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = store.build(policies, analyzer, [embedder])
    for name in ("mkdir", "rename", "replace", "unlink"):
        monkeypatch.setattr(os, name, lambda *_, **__: pytest.fail("opening an index writes nothing"))
    assert equal(store.open(policies, analyzer, [embedder]), built)


# --- Builds that are stopped -----------------------------------------------------------


def run_builds(mode: str, corpus: Path, changed: Path, folder: Path, **variables: str) -> str:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, BUILDS, mode, corpus, changed, folder],
        env=os.environ | variables,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A corpus of one small policy, and the same with another sentence."""
    folders = tmp_path / "small", tmp_path / "changed"
    for folder, more in zip(folders, ("", "Nothing else is kept.\n"), strict=True):
        folder.mkdir()
        (folder / "policy.txt").write_text(f"1. What we collect\n\nWe collect your name.\n{more}", "utf-8")
        (folder / "policy.toml").write_text('id = "small"', "utf-8")
    return folders


def test_a_build_that_is_killed_at_any_step_leaves_one_version_whole(pair: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = map(int, run_builds("kill", *pair, tmp_path / "kills").split())
    assert old > 20
    assert new > 1


def test_a_file_that_cannot_grow_leaves_the_former_version(pair: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = map(int, run_builds("limit", *pair, tmp_path / "limits").split())
    assert old > 3
    assert new > 0


def test_a_disk_that_fails_at_any_step_leaves_the_former_version(
    pair: tuple[Path, Path], tmp_path: Path, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    from tests import builds

    former, latter = open_corpus(pair[0]), open_corpus(pair[1])
    built = IndexStore(tmp_path / "former").build(former, analyzer, [embedder])
    told = step = 0
    while True:
        step += 1
        store = IndexStore(Path(shutil.copytree(tmp_path / "former", tmp_path / f"step-{step}")))
        trouble = os.strerror((errno.ENOSPC, errno.EIO, errno.EROFS)[step % 3])

        def fail(trouble: str = trouble) -> None:
            raise OSError(errno.EIO, trouble)

        steps = builds.Steps(fail, step)
        said = ""
        with builds.every_step(steps):
            try:
                store.build(latter, analyzer, [embedder])
            except PolicyIndexError as error:
                said = str(error)
        opened = store.open(latter, analyzer, [embedder])
        if said:
            told += 1
            assert said.startswith(f"{store.folder}")
            assert f"the index cannot be written ({trouble}): make room, or {ELSEWHERE}" in said
            # The new version is in use already where only the last step failed, which makes that durable.
            assert opened or equal(store.open(former, analyzer, [embedder]), built)
        else:
            assert opened
        if steps.count < step:
            break
        store.build(latter, analyzer, [embedder])
        assert store.open(latter, analyzer, [embedder]) is not None
        assert not list(store.folder.rglob("*.tmp"))
    assert told > 20


# --- Builders and readers at the same time ---------------------------------------------


def test_a_second_builder_waits_while_a_reader_goes_on(
    store: IndexStore,
    policies: Policies,
    changed: Policies,
    analyzer: Analyzer,
    embedder: FakeEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built = store.build(policies, analyzer, [embedder])
    inside, waiting, done = threading.Event(), threading.Event(), threading.Event()

    class Slow(FakeEmbedder):
        def embed(self, texts: Sequence[str], role: Role) -> Vectors:
            inside.set()
            assert done.wait(30)
            return super().embed(texts, role)

    embedded: list[str] = []

    class Unused(FakeEmbedder):
        def embed(self, texts: Sequence[str], role: Role) -> Vectors:
            # What the first one built is opened.
            embedded.extend(texts)
            return super().embed(texts, role)

    builder = threading.Thread(target=lambda: store.build(changed, analyzer, [Slow()]))
    builder.start()
    second = threading.Thread(
        target=lambda: IndexStore(store.folder).build(changed, analyzer, [Unused()], waiting=waiting.set)
    )
    try:
        assert inside.wait(30)
        with monkeypatch.context() as patch:
            patch.setattr("assistant.index._WAIT_S", 0)
            with pytest.raises(IndexLockedError) as caught:
                IndexStore(store.folder).build(changed, analyzer, [embedder])
        assert str(store.folder / "lock") in str(caught.value)
        assert "wait until it has ended" in str(caught.value)
        assert equal(store.open(policies, analyzer, [embedder]), built)
        second.start()
        assert waiting.wait(30)
    finally:
        done.set()
        builder.join()
    second.join()
    assert store.open(changed, analyzer, [embedder]) is not None
    assert embedded == []


def test_a_lock_that_was_left_behind_locks_nothing(
    store: IndexStore, policies: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    store.folder.mkdir()
    (store.folder / "lock").write_text("12345")
    store.build(policies, analyzer, [embedder])
    assert store.open(policies, analyzer, [embedder]) is not None


def test_readers_find_one_version_whole_while_another_is_built(
    store: IndexStore, policies: Policies, changed: Policies, analyzer: Analyzer, embedder: FakeEmbedder
) -> None:
    expected = {False: store.build(policies, analyzer, [embedder])}
    expected[True] = store.build(changed, analyzer, [embedder])
    stop = threading.Event()
    failures: list[BaseException | str] = []
    opened = [0, 0]

    def read() -> None:
        try:
            while not stop.is_set():
                for number, inputs in enumerate((policies, changed)):
                    index = store.open(inputs, analyzer, [embedder])
                    if index is not None:
                        opened[number] += 1
                        if not equal(index, expected[bool(number)]):
                            failures.append("not as it was built")
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(9):
        store.build((policies, changed, policies[:1])[number % 3], analyzer, [embedder])
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert all(opened)


def test_a_paragraph_after_a_list_is_none_of_its_items() -> None:
    text = "3. Goods\n\nWe do not carry:\n(a) animals;\n(b) guns.\n\nRight to open. We may open parcels for safety.\n"
    policy = parse(text, id="goods", language="en")
    found = {passage.clause_id: passage for passage in passages(policy)}
    assert policy.text[found["3"].start : found["3"].end].split() == text[: text.index("Right")].split()
    assert found["3.p1"].context == "Goods"


def test_short_items_below_a_heading_are_found_as_one_list() -> None:
    policy = parse(
        "一、行李\n（一）不得托运的物品\n• 锂电池；\n• 现金、珠宝。\n"
        "（二）保存\n• 我们加密保存日志。\n• 我们加密保存订单。\n二、其他\n1、请来电。\n2、请来信。"
    )
    lists = [passage.clause_id for passage in passages(policy) if passage.end > policy[passage.clause_id].body_end]
    # What says who does what means enough by itself, and a chapter is no list.
    assert lists == ["1.1"]


@pytest.mark.parametrize("unit", ["- use it\n", "- use it\nYou may not:\n- burn it\n"])
def test_a_list_takes_time_in_step_with_its_length(unit: str) -> None:
    def taken(count: int) -> float:
        policy = parse(f"Rules\n\nYou may:\n{unit * count}", id="long", language="en")
        return seconds(lambda: passages(policy))

    assert taken(4_000) < 40 * taken(400) + 0.5


def test_what_leads_to_other_items_is_not_said_of_an_item() -> None:
    policy = parse(
        "Rules\n\nYou may:\n- use the kitchen\n- bring your own wine\nYou may not:\n- light candles\n- smoke\n"
    )
    said = [policy.text[slice(*span)] for passage in passages(policy) for span in passage.sentences]
    assert "bring your own wine" in said
    assert "You may not:" not in said


def test_steps_below_a_heading_that_asks_are_found_as_one_list() -> None:
    steps = "1. Sign in.\n2. You will see your orders: press Return.\n3. Print the label.\n"
    for heading in ("How do I start a return?", "How to start a return", "如何退货"):
        policy = parse(
            f"Returns\n\n{heading}\n{steps}\nThe label is valid for ten days.\n\nPostage\nYou pay what it costs.\n"
        )
        found = [policy.text[passage.start : passage.end].split() for passage in passages(policy)]
        assert f"{heading}\n{steps}".split() in found, heading
    titled = "How to claim\nE1. Time limits. Claims must reach us within a week.\nE2. Appeal. You may write to us.\n"
    policy = parse(f"Rules\n\n{titled}\nPostage\nYou pay what it costs.\n")
    found = [policy.text[passage.start : passage.end].split() for passage in passages(policy)]
    assert titled.split() not in found


def test_what_leads_into_a_long_list_is_embedded_with_how_its_items_begin() -> None:
    rest = "我们为此需要了解您的情况，" * 80 + "谢谢。"
    text = f"一、推送\n推送服务收集的信息包括但不限于：\n（1）设备信息：{rest}\n（2）网络信息：{rest}"
    policy = parse(text, id="p", title="隐私政策", language="zh")
    found = passages(policy)
    whole = texts_of(policy, found).embedded[0]
    assert "包括但不限于： （1）设备信息：" in whole
    assert "（2）网络信息：" in whole
    # What is quoted, and scored sentence by sentence, is what the clause itself says.
    assert policy.text[found[0].start : found[0].end].rstrip().endswith("：")
    assert len(found[0].sentences) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("## 第十二条 保存期限\n我们会保存您的订单三年。", ["我们会保存您的订单三年。"]),
        ("### 3.1 广告\n我们不会与广告商共享您的信息。", ["我们不会与广告商共享您的信息。"]),
        (
            "**（一）** 我们不会收集以下信息。\n（二）我们会收集您的手机号码。",
            ["我们不会收集以下信息。", "我们会收集您的手机号码。"],
        ),
        ("## Section 4. Retention\nWe keep your orders for three years.", ["We keep your orders for three years."]),
    ],
)
def test_neither_a_label_nor_the_marks_around_it_are_said(text: str, said: list[str]) -> None:
    policy = parse(text, id="marks", title="标")
    assert [policy.text[slice(*span)] for passage in passages(policy) for span in passage.sentences] == said


def test_a_policys_you_is_who_asks(analyzer: Analyzer) -> None:
    said = analyzer.tokens("We share your phone number with our partners.", of_policy=True)
    assert "§phone_number" in said
    assert "§contact_us" not in said
    assert "§contact_us" in analyzer.tokens("what is your phone number?")
