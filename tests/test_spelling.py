"""Mistyped words: what is mended, and above all what is left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text.spelling import Speller
from assistant.text.tokenizer import Tokenizer

ZH = (
    "您可以在设置中修改收货地址、头像和密码，保存订单记录，回收物品，完善资料。相册权限用于上传照片。"
    "隐私政策于发布之日起生效。视频可以恢复。人身安全。我们可能收取运费。"
)
EN = (
    "We use the camera permission to scan codes. You can delete your search history and close your account. "
    "Notifications can be turned off; data are anonymized. Huabei is a service."
)
NAMES = ["Huawei push SDK", "igexin"]


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller([ZH, EN], NAMES, Tokenizer())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("相策权限是干嘛的", "相册权限是干嘛的"),
        ("收活地止在哪改", "收货地址在哪改"),
        ("密吗忘了", "密码忘了"),
        ("隐思政策什么时候更新", "隐私政策什么时候更新"),
        ("视屏能下载吗", "视频能下载吗"),
        ("要保寸几年", "要保存几年"),
        ("delete my serach histroy", "delete my search history"),
        ("close my acount", "close my account"),
        ("why the camera permision?", "why the camera permission?"),
        ("can I turn off notifcations, 相策呢", "can I turn off notifications, 相册呢"),
        ("where shoud I ask", "where should I ask"),
    ],
)
def test_a_slip_is_mended_to_a_word_of_the_policy(speller: Speller, typed: str, meant: str) -> None:
    assert speller.mended(typed) == meant
    assert speller.mended(meant) == meant


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "会收我的信息吗",
        "你们回收旧手机吗",
        "机器审还是人审",
        "处理完删不删",
        "个推收集什么",
        # 能 is a word of its own here, not the end of a mistyped 可能.
        "录播课能看多久",
        "这课能退吗",
        # A slip of several words of the policy is none that could be told.
        "who is my lawyer",
        "is it anonymised",
        "logins",
        "does the Huawei SDK read it",
        "igexin",
        "mail me at serach@example.com or www.histroy.example",
        "𝓈𝑒𝓇𝒶𝒸𝒽",
        "？？！",
    ],
)
def test_what_is_no_slip_is_left_alone(speller: Speller, asked: str) -> None:
    assert speller.mended(asked) == asked


def test_an_abbreviation_is_the_name_that_the_policy_spells_out() -> None:
    text = (
        "Complaints go to the Lakeland Ferry Ombudsman or the Office of Harbour Affairs. Our Data Safety Panel and "
        "the Deck Services Point reply. Ask the Arts Review Team."
    )
    speller = Speller([text], NAMES, Tokenizer())
    assert speller.mended("can I write to the LFO?") == "can I write to the Lakeland Ferry Ombudsman?"
    assert speller.mended("who is the oha") == "who is the Office of Harbour Affairs"
    # Spelled out by two names, or used by the policy itself; an English word; an address.
    for asked in ("what is the DSP", "is there art", "write to lfo@ferries.example", "what does XYZ do"):
        assert speller.mended(asked) == asked


def test_of_two_slips_that_overlap_one_is_mended() -> None:
    speller = Speller(["Use the Global Privacy Control Key Unit, or the g-pcku."], NAMES, Tokenizer())
    assert speller.mended("what is gpcku for") in (
        "what is Global Privacy Control Key Unit for",
        "what is g-pcku for",
    )


def test_a_slip_that_may_be_two_words_is_left_alone() -> None:
    assert Speller(["可以恢复。"], [], Tokenizer()).mended("还能灰复吗") == "还能恢复吗"
    assert Speller(["可以恢复，也可以回复。"], [], Tokenizer()).mended("还能灰复吗") == "还能灰复吗"


def test_what_the_policies_write_with_a_hyphen_may_be_typed_without() -> None:
    speller = Speller(["A check-up is free. Use a carry-on or a plug-in."], ["plugin"], Tokenizer())
    assert speller.mended("how much is a checkup") == "how much is a check-up"
    # Names of the domain are known, and so are words that the policies use both ways.
    assert speller.mended("which plugin") == "which plugin"
    assert Speller(["A check-up is no checkup."], [], Tokenizer()).mended("a checkup") == "a checkup"


def test_without_policies_nothing_is_mended() -> None:
    assert Speller([], [], Tokenizer()).mended("收活地止 histroy") == "收活地止 histroy"


def test_threads_may_share_a_speller() -> None:
    speller = Speller([ZH, EN], NAMES, Tokenizer())
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(speller.mended, ["收活地止的 histroy"] * 32)) == {"收货地址的 history"}


@given(st.text(max_size=200))
def test_any_text_is_read(speller: Speller, text: str) -> None:
    assert isinstance(speller.mended(text), str)
