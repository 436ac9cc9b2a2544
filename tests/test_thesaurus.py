"""The thesaurus: concepts by their names, in both languages."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text import has_han
from assistant.thesaurus import Concept, Thesaurus, default_thesaurus

CONCEPTS = (
    Concept(id="account", kind="data_item", zh=("账号", "账户"), zh_colloquial=("号",), en=("account",)),
    Concept(
        id="deletion",
        kind="right",
        zh=("注销账号",),
        zh_colloquial=("销号",),
        en=("delete my account", "close account"),
    ),
    Concept(id="getui", kind="vendor", zh=("个推",), en=("Getui",)),
    Concept(id="imei", kind="identifier", zh=("设备标识", "手机IMEI"), en=("IMEI", "device id")),
    Concept(id="hardware", kind="data_item", zh=("设备标识",)),
    Concept(id="settings", kind="place", zh=("【设置】",)),
    Concept(id="wifi", kind="data_item", zh=("无线网络",), en=("Wi-Fi", "c++")),
)


@pytest.fixture(scope="module")
def thesaurus() -> Thesaurus:
    return Thesaurus(CONCEPTS)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("个推", ("getui",)),
        ("個推會收集嗎", ("getui",)),
        ("does GETUI track me?", ("getui",)),
        ("ＧＥＴＵＩ会吗", ("getui",)),
        ("getuis", ()),
        ("forgetui", ()),
        ("个推Getui", ("getui",)),
        # The longest name counts; what it holds does not count beside it.
        ("怎么注销账号", ("deletion",)),
        ("怎么註銷帳號", ("deletion",)),
        ("注销帐号", ("deletion",)),
        ("please delete my account now", ("deletion",)),
        ("delete my accounts", ()),
        ("my account", ("account",)),
        ("销号和账户", ("deletion", "account")),
        ("我的号码", ("account",)),
        # A name that two concepts share; names of both scripts; names with other signs.
        ("设备标识", ("hardware", "imei")),
        ("手机IMEI号", ("imei", "account")),
        ("收集imei吗", ("imei",)),
        ("the wi-fi list, c++", ("wifi",)),
        # Layout inside a name.
        ("delete  my\r\naccount", ("deletion",)),
        ("个\u200b推", ("getui",)),
        ("请点【设置】", ("settings",)),
        ("请设置", ()),
        ("", ()),
        ("今天天气", ()),
    ],
)
def test_concepts_named_in_a_text(thesaurus: Thesaurus, text: str, concepts: tuple[str, ...]) -> None:
    assert thesaurus.named_in(text) == concepts


@given(st.one_of(st.text(st.characters(exclude_categories=())), st.text(st.sampled_from("注销账号个推getui imei\n-"))))
def test_any_text_may_be_looked_through(text: str) -> None:
    thesaurus = Thesaurus(CONCEPTS)
    named = thesaurus.named_in(text)
    assert len(set(named)) == len(named)
    assert set(named) <= {concept.id for concept in CONCEPTS}


@pytest.mark.parametrize("run", ["a", "号", "注销账", "delete my ", "设备标", "a-", "\u200b", " "])
def test_a_long_text_is_looked_through_in_time(thesaurus: Thesaurus, run: str) -> None:
    started = time.thread_time()
    thesaurus.named_in(run * (100_000 // len(run)))
    assert time.thread_time() - started < 2


def test_order_of_the_concepts_makes_no_other_thesaurus(thesaurus: Thesaurus) -> None:
    assert Thesaurus(reversed(CONCEPTS)).identity == thesaurus.identity
    assert Thesaurus(CONCEPTS[1:]).identity != thesaurus.identity


def test_words_are_the_chinese_names(thesaurus: Thesaurus) -> None:
    words = list(thesaurus.words())
    assert {"注销账号", "销号", "个推"} <= set(words)
    assert "Getui" not in words


# --- The thesaurus that comes with the package -----------------------------------------


def test_every_name_of_the_default_thesaurus_can_be_found() -> None:
    thesaurus = default_thesaurus()
    lost = []
    for concept in thesaurus.concepts:
        for name in concept.names:
            around = f"龘{name}龘" if has_han(name) else f"zz {name} zz"
            if concept.id not in thesaurus.named_in(name) or concept.id not in thesaurus.named_in(around):
                lost.append((concept.id, name))
    assert not lost


def test_the_default_thesaurus_is_well_formed() -> None:
    concepts = default_thesaurus().concepts
    ids = [concept.id for concept in concepts]
    assert len(set(ids)) == len(ids)
    for concept in concepts:
        assert re.fullmatch(r"[a-z0-9_]+", concept.id), concept.id
        assert concept.zh, concept.id
        assert concept.names == tuple(name.strip() for name in concept.names)
        assert all(has_han(name) or not re.search(r"[a-z]{4} [a-z]{4}", name) for name in concept.zh), concept.id
        assert not any(has_han(name) for name in concept.en), concept.id
        assert len(set(concept.names)) == len(concept.names), concept.id
