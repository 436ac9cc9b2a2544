"""Legs, fusion and hits, as arithmetic, and the retriever over the invented corpus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant import parse
from assistant.index import Index
from assistant.index.shards import build_shard
from assistant.retrieval import Retriever, _closest_first
from assistant.retrieval.fusion import fuse, of_passages
from assistant.retrieval.hits import Evidence
from assistant.retrieval.readings import as_printed
from assistant.thesaurus import default_thesaurus
from tests.conftest import FakeEmbedder
from tests.hits import hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant import Policy
    from assistant.embedding import Role, Vectors
    from assistant.index.shards import Analyzer
    from assistant.retrieval.hits import Hit


@pytest.fixture(scope="module")
def retriever(policies: tuple[Policy, ...], analyzer: Analyzer) -> Retriever:
    embedder = FakeEmbedder()
    return Retriever(Index("v", [build_shard(p, analyzer, [embedder]) for p in policies]), analyzer, [embedder])


def test_a_passage_has_its_own_score_and_that_of_its_best_sentence() -> None:
    # Two passages: one of two sentences, one of one.
    scores = np.array([0.2, 0.4, 0.8, 0.6, 0.1])
    first, second = of_passages(scores, np.array([0, 3])).tolist()
    assert 0.2 < first < 0.8
    assert 0.1 < second < 0.6
    assert of_passages(scores[[0, 2, 1, 3, 4]], np.array([0, 3])).tolist() == [first, second]


def test_legs_are_brought_to_one_scale() -> None:
    tenfold = fuse({"fake": np.array([1.0, 2.0, 6.0])}) - fuse({"fake": np.array([10.0, 20.0, 60.0])})
    assert np.abs(tenfold).max() < 1e-9


def test_a_leg_that_tells_nothing_apart_has_no_say() -> None:
    dense = np.array([0.1, 0.5, 0.3])
    assert (fuse({"bm25": np.zeros(3), "fake": dense}) == fuse({"fake": dense})).all()


def test_where_a_leg_knows_nothing_it_has_no_say() -> None:
    known = fuse({"fake": np.array([1.0, 2.0, 6.0])})
    partly = fuse({"fake": np.array([1.0, np.nan, 2.0, 6.0, np.nan])})
    assert partly.tolist() == pytest.approx([known[0], 0, known[1], known[2], 0])


def test_words_find_their_clause(retriever: Retriever) -> None:
    best = retriever.retrieve("听书功能会用麦克风吗", k=3)[0]
    assert "麦克风权限" in best.policy.text[best.start : best.end]
    assert best.ranks["bm25"] == 1
    assert set(best.ranks) <= {"bm25", "fake"}


def test_an_english_question_meets_a_chinese_clause_through_its_concepts(retriever: Retriever) -> None:
    best = retriever.retrieve("do you need access to my microphone?", k=1, policies=["yunchao"])[0]
    assert "麦克风" in best.policy.text[best.start : best.end]


@pytest.mark.parametrize(
    ("typed", "hastily"),
    [("Do you use my microphone?", "do you use my microphone"), ("听书功能会用麦克风吗？", "听书功能会用麦克风吗")],
)
def test_a_capital_and_the_mark_at_the_end_change_nothing(retriever: Retriever, typed: str, hastily: str) -> None:
    assert retriever.retrieve(typed, k=100) == retriever.retrieve(hastily, k=100)


def test_a_question_is_read_in_the_words_of_an_english_policy_too(analyzer: Analyzer) -> None:
    text = "1. Fares\n{fares}\n2. Cabins\nA cabin is let with a key.\n3. Decks\nNobody stays below deck."
    embedder = FakeEmbedder()

    def vectors(question: str, fares: str) -> Vectors:
        policy = parse(text.format(fares=fares), id="ferry", language="en")
        found = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
        return found.query(question, ("en",), [policy]).vectors["fake"]

    asked, said = "is there a discount for OAPs", "is there a reduction for seniors"
    both = vectors(asked, "Seniors get a reduction.")
    assert (both == embedder.embed([asked, said], "query")).all()
    assert len(vectors("老年人有优惠吗", "Seniors get a reduction.")) == 2
    # What is asked for has no name in the answer but that of each.
    assert len(vectors("有哪些优惠", "Seniors get a reduction.")) == 1
    # Where the policy calls it what the customer does, in whatever form, or does not name it, there is but one reading.
    assert len(vectors(asked, "An OAP gets a discount, seniors do.")) == len(vectors(asked, "Children pay half.")) == 1


def test_what_answers_the_question_before_is_put_forward(retriever: Retriever) -> None:
    def rank(*after: str) -> int:
        hits = retriever.retrieve("要同意吗", k=1_000, policies=["yunchao"], after=after)
        return next(i for i, hit in enumerate(hits) if "麦克风权限" in hit.policy.text[hit.start : hit.end])

    former = "听书功能会用麦克风吗"
    assert rank(former) < rank("手机号码", former) < rank()


def test_a_former_question_too_is_read_in_the_words_of_an_english_policy(analyzer: Analyzer) -> None:
    embedded: list[str] = []

    class Noting(FakeEmbedder):
        def embed(self, texts: Sequence[str], role: Role) -> Vectors:
            embedded.extend(texts)
            return super().embed(texts, role)

    policy = parse("1. Fares\nSeniors get a reduction.\n2. Decks\nNobody stays below deck.", id="ferry", language="en")
    embedder = Noting()
    found = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    found.retrieve("and in summer?", k=1, after=["is there a discount for OAPs"])
    assert "is there a reduction for seniors" in embedded


def test_what_is_near_a_clause_that_was_cited_is_put_forward(retriever: Retriever) -> None:
    def scores(*near: tuple[str, str]) -> dict[str, float]:
        hits = retriever.retrieve("需要同意吗", k=1_000, policies=["yunchao"], near=near)
        return {hit.clause.id: hit.score for hit in hits}

    alone, near = scores(), scores(("yunchao", "1.3.1"))
    gained = {clause_id: round(near[clause_id] - alone[clause_id], 6) for clause_id in alone}
    assert gained["1.3.1"] > gained["1.3"] > gained["1.3.2"] > gained["2.2"] > 0
    # A clause that is there no more, or of another policy, is near nothing.
    assert scores(("yunchao", "no such clause"), ("lantern", "1")) == alone


def test_an_english_policy_is_found_in(retriever: Retriever) -> None:
    best = retriever.retrieve("how long do you keep the record of a delivery", k=1, policies=["lantern"])[0]
    assert "two years" in best.policy.text[best.start : best.end]


def test_hits_are_in_order_and_within_scope(retriever: Retriever) -> None:
    hits = retriever.retrieve("手机号码", k=5, policies=["yunchao"])
    assert len(hits) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {hit.policy.id for hit in hits} == {"yunchao"}
    assert all(0 <= hit.evidence.coverage <= 1 and -1 <= hit.evidence.similarity <= 1.0001 for hit in hits)
    assert all(hit.evidence.scope is None for hit in hits)
    assert all(len(hit.sentence_scores) == len(hit.passage.sentences) for hit in hits)


def test_all_policies_are_searched_by_default(retriever: Retriever) -> None:
    assert {hit.policy.id for hit in retriever.retrieve("address 地址 手机号", k=40)} == {"yunchao", "lantern"}


def test_k_is_bounded(retriever: Retriever) -> None:
    assert len(retriever.retrieve("手机号码", k=10_000)) < 100
    with pytest.raises(ValueError, match="k must be at least 1, not 0"):
        retriever.retrieve("手机号码", k=0)


def test_an_unknown_policy_is_an_error(retriever: Retriever) -> None:
    with pytest.raises(KeyError):
        retriever.retrieve("手机号码", k=1, policies=["nowhere"])


@pytest.mark.parametrize("question", ["……", "the of and", "🙂", "的了吗"])
def test_a_question_without_words_still_has_hits_by_meaning(retriever: Retriever, question: str) -> None:
    hits = retriever.retrieve(question, k=3)
    assert len(hits) == 3
    assert all(hit.evidence.coverage == 0 for hit in hits)


def test_contents_are_never_found(retriever: Retriever, policies: tuple[Policy, ...]) -> None:
    hits = retriever.retrieve("目录 contents", k=1000)
    assert all(hit.clause.kind != "contents" for hit in hits)


@pytest.mark.parametrize(
    "question", ["云巢读书会不会用麦克风", "雲巢讀書會不會用麥克風", "Does Yunchao need the microphone?"]
)
def test_a_policys_own_name_tells_no_clause_from_another(retriever: Retriever, question: str) -> None:
    best = retriever.retrieve(question, k=1, policies=["yunchao"])[0]
    assert "麦克风" in best.policy.text[best.start : best.end]


def test_a_question_of_nothing_but_a_name_is_asked_as_it_is(retriever: Retriever) -> None:
    assert "云巢读书" in (hit := retriever.retrieve("云巢读书", k=1)[0]).policy.text[hit.start : hit.end]


# --- A reranker --------------------------------------------------------------------------


class Counting:
    """A reranker that likes a word, and keeps what it was given."""

    name = "counting"

    def __init__(self, word: str) -> None:
        self.word = word
        self.read: list[tuple[str, Sequence[str]]] = []

    def scores(self, query: str, texts: Sequence[str]) -> np.ndarray:
        self.read.append((query, texts))
        return np.array([float(text.count(self.word)) for text in texts])


def test_of_clauses_that_are_as_good_the_one_that_is_far_closer_in_meaning_is_first() -> None:
    policy = parse(
        "一、手术\n手术前请签字确认。\n二、价目\n绝育手术收费三百元。\n三、其他\n其他问题请来电询问。",
        id="vet",
        title="收费规则",
    )
    said = (("请签字", 2.4, 0.34), ("三百元", 2.3, 0.56), ("请来电", 2.0, 0.9))
    hits = [hit(policy, words, score=score, evidence=Evidence(similarity=close)) for words, score, close in said]
    closest = _closest_first(hits)
    assert [found.clause.id for found in closest] == ["2", "1", "3"]
    assert [found.score for found in closest] == [2.4, 2.4, 2.0], "best first"
    as_close = [hits[0], replace(hits[1], evidence=Evidence(similarity=0.4)), hits[2]]
    assert _closest_first(as_close) == as_close
    assert not _closest_first([])


def test_a_reranker_has_the_last_word_on_the_best_clauses(retriever: Retriever) -> None:
    counting = Counting("麦克风")
    reranking = Retriever(retriever.index, retriever.analyzer, retriever.embedders, reranker=counting, rerank_k=15)
    asked = "云巢读书收集什么"
    fused = retriever.retrieve(asked, k=15, policies=["yunchao"])
    hits = reranking.retrieve(asked, k=5, policies=["yunchao"])
    assert "麦克风" in hits[0].policy.text[hits[0].start : hits[0].end]
    assert {hit.clause.id for hit in hits} <= {hit.clause.id for hit in fused}
    assert [hit.ranks["counting"] for hit in hits] == [1, 2, 3, 4, 5]
    assert set(hits[0].ranks) > {"counting"}
    # It reads the question as the other models do, and clauses with the headings above them, in their order by fusion.
    ((query, texts),) = counting.read
    assert query == "你们收集什么"
    assert len(texts) == 15
    for text, found in zip(texts, fused, strict=True):
        assert text.startswith(found.passage.context.split(" › ")[0])
        assert "\n" not in text


def test_reranked_scores_are_on_the_scale_of_those_they_replace(retriever: Retriever) -> None:
    reranking = Retriever(
        retriever.index, retriever.analyzer, retriever.embedders, reranker=Counting("收集"), rerank_k=15
    )
    fused = np.array([hit.score for hit in retriever.retrieve("手机号码", k=15)])
    scores = np.array([hit.score for hit in reranking.retrieve("手机号码", k=15)])
    assert (np.diff(scores) <= 0).all()
    assert scores.mean() == pytest.approx(fused.mean())
    assert scores.std() == pytest.approx(fused.std())
    assert reranking.retrieve("手机号码", k=4) == reranking.retrieve("手机号码", k=15)[:4]


def test_as_many_clauses_are_reranked_as_are_asked_for(retriever: Retriever) -> None:
    counting = Counting("麦克风")
    reranking = Retriever(retriever.index, retriever.analyzer, retriever.embedders, reranker=counting, rerank_k=2)
    assert len(reranking.retrieve("手机号码", k=9)) == len(counting.read[0][1]) == 9


def test_a_reranker_that_tells_nothing_apart_changes_nothing(retriever: Retriever) -> None:
    same = Retriever(retriever.index, retriever.analyzer, retriever.embedders, reranker=Counting("😀"))
    assert same.retrieve("手机号码", k=5) == retriever.retrieve("手机号码", k=5)
    assert len(same.retrieve("手机号码", k=1)) == 1


class GuessingEmbedder(FakeEmbedder):
    """Knows what answers to one question are like: the words given, whatever the question."""

    def __init__(self, answers: str) -> None:
        super().__init__()
        self._answers = answers

    def guess(self, vector: Vectors, language: str) -> tuple[Vectors, float]:
        return self.embed([self._answers], "query")[0], 0.7


def test_what_is_like_other_policies_answers_is_put_forward(policies: tuple[Policy, ...], analyzer: Analyzer) -> None:
    def found(embedder: FakeEmbedder) -> tuple[int, Hit]:
        index = Index("v", [build_shard(policy, analyzer, [embedder]) for policy in policies])
        hits = Retriever(index, analyzer, [embedder]).retrieve("可以吗", k=1_000, policies=["yunchao"])
        return next((n, hit) for n, hit in enumerate(hits) if "麦克风权限" in hit.policy.text[hit.start : hit.end])

    (behind, plain), (ahead, guessed) = found(FakeEmbedder()), found(GuessingEmbedder("听书功能会使用麦克风权限"))
    assert ahead < behind
    assert guessed.ranks["answers"] == 1
    assert (plain.evidence.likeness, plain.evidence.familiarity) == (None, None)
    assert guessed.evidence.familiarity == 0.7
    assert guessed.evidence.likeness is not None
    assert 0.3 < guessed.evidence.likeness < 1.0001


def test_a_passage_says_whether_it_names_the_company_that_is_asked_about(analyzer: Analyzer) -> None:
    embedder = FakeEmbedder()
    policy = parse("1、个推会收集您的设备信息。\n2、我们会收集您的设备信息。", id="p", title="隐私政策", language="zh")
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    named = [hit.evidence.company for hit in retriever.retrieve("个推会收集设备信息吗", k=2)]
    assert named == [True, False]
    assert not any(hit.evidence.company for hit in retriever.retrieve("会收集设备信息吗", k=2))


def test_what_stands_below_a_list_of_a_companys_names_is_of_the_company(analyzer: Analyzer) -> None:
    text = """一、插件
使用的第三方插件（1）：
com.igexin.sdk（个推）
com.getui（个推）
收集的个人信息：
我们会收集您的位置信息，用于推送。
使用的第三方插件（2）：
com.amap.api（高德）
收集的个人信息：
我们会收集您的位置信息，用于导航。
"""
    embedder = FakeEmbedder()
    policy = parse(text, id="p", title="隐私政策", language="zh")
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    best = retriever.retrieve("个推收集位置信息吗", k=1)[0]
    assert (best.evidence.company, "用于推送" in policy.text[best.start : best.end]) == (True, True)


def test_a_company_that_no_policy_names_is_a_stranger(retriever: Retriever) -> None:
    assert retriever.retrieve("会把信息给 TikTok 吗", k=1)[0].evidence.stranger
    assert not retriever.retrieve("会收集人脸吗", k=1)[0].evidence.stranger


def test_what_stands_within_a_longer_name_is_mentioned(analyzer: Analyzer) -> None:
    text = "一、联系\n我们收集您填写的紧急联系人。\n二、其他\n我们收集日志。"
    policy = parse(text, id="within", title="云巢")
    embedder = FakeEmbedder()
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    said = {question: retriever.retrieve(question, k=1)[0].evidence.unmentioned for question in ("联系人呢", "指纹呢")}
    assert said == {"联系人呢": (), "指纹呢": ("指纹",)}


@pytest.mark.parametrize(
    ("question", "rule", "unmentioned"),
    [
        ("may I be friends on Facebook with a student", "Staff must not be friends with students on social media.", ()),
        ("may I be friends on Facebook with a student", "Staff must not be friends with students.", ("Facebook",)),
        # What is asked for, not what is spoken of.
        ("how many days do I have", "Staff answer students.", ()),
    ],
)
def test_what_is_said_of_all_is_said_of_each(
    question: str, rule: str, unmentioned: tuple[str, ...], analyzer: Analyzer
) -> None:
    policy = parse(f"1. Friends\n1.1 {rule}\n1.2 We keep logs.", id="rules", title="Rules", language="en")
    embedder = FakeEmbedder()
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    assert retriever.retrieve(question, k=1)[0].evidence.unmentioned == unmentioned


def test_a_company_is_asked_for_by_the_name_that_the_policies_print() -> None:
    thesaurus = default_thesaurus()
    printed = ["使用目的：定位。SDK名称：高德地图SDK（高德地图;高德）"]
    assert as_printed("高德会收集哪些信息？", printed, thesaurus) == "高德地图会收集哪些信息？"
    assert as_printed("what does Amap collect", printed, thesaurus) == "what does 高德地图 collect"
    # What stands there just as often is left, and so is what does not stand there at all.
    assert as_printed("高德会收集哪些信息？", ["高德", "无"], thesaurus) == "高德会收集哪些信息？"
    assert as_printed("高德会收集哪些信息？", ["个推"], thesaurus) == "高德会收集哪些信息？"
    # One thing of a company is told from the others, if it is printed.
    bought = "微信登录、微信分享、微信支付"
    assert as_printed("微信支付知道我买了什么吗", [bought], thesaurus) == "微信支付知道我买了什么吗"
    assert as_printed("微信公众号收集什么", [f"{bought}、微信好友、微信"], thesaurus) == "微信收集什么"


def test_what_a_word_means_answers_who_asks_that(analyzer: Analyzer) -> None:
    defined = "一、定义\n个人信息是指各种信息，收集的有姓名、IMEI 等。"
    used = "二、统计\n为了统计分析，我们会收集您的 IMEI 信息。\n三、共享\n我们不会共享您的照片。"
    policy = parse(f"{defined}\n{used}", id="defined")
    embedder = FakeEmbedder()
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])

    def first(question: str) -> str:
        return retriever.retrieve(question, k=1)[0].clause.id

    assert first("收集的有IMEI吗") == "2"
    assert first("个人信息收集的有IMEI吗") == "1"
    assert first("收集的有IMEI等，算个人信息吗") == "1"


def test_what_has_changed_is_told_to_who_asks_that(analyzer: Analyzer) -> None:
    notice = "尊敬的用户：我们对《隐私政策》进行了更新，新增退票需要提供的信息。"
    policy = parse(f"一、说明\n{notice}\n二、退票\n退票时您需提供姓名。\n三、日志\n我们收集日志。", id="new")
    embedder = FakeEmbedder()
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    said = ("退票需要提供的信息", "这次更新新增退票需要提供的信息了吗")
    assert [retriever.retrieve(question, k=1)[0].clause.id for question in said] == ["2", "1"]


def test_blanks_of_the_layout_within_a_name_are_no_part_of_it(analyzer: Analyzer) -> None:
    assert analyzer.tokens("收集手 机\n号码", of_policy=True) == analyzer.tokens("收集手机号码")
    assert analyzer.tokens("your wifi list", of_policy=True) == analyzer.tokens("your wifi list")


def test_how_much_of_it_is_asked_is_none_of_the_words_that_are_looked_for(analyzer: Analyzer) -> None:
    assert "big" not in analyzer.tokens("how big is a circle")
    assert "big" in analyzer.tokens("a big circle")
    assert analyzer.tokens("is Solo cheaper than Firm") == analyzer.tokens("difference between Solo and Firm")


def test_what_a_policy_is_made_for_is_told_to_who_asks_that(analyzer: Analyzer) -> None:
    purpose = "为规范访客停车，维护访客的合法权益，制定本办法。"
    policy = parse(f"第一条 {purpose}\n第二条 访客凭证件停车。\n第三条 园区八点开放。", id="new")
    embedder = FakeEmbedder()
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    said = ("维护访客停车吗", "制定这个办法维护访客停车的目的")
    assert [retriever.retrieve(question, k=1)[0].clause.id for question in said] == ["2", "1"]


def scores_of(text: str, question: str, analyzer: Analyzer) -> dict[str, float]:
    """Return the score of each clause that is found, by its first word."""
    embedder = FakeEmbedder()
    policy = parse(text, id="p", title="隐私政策", language="zh")
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    return {policy.text[hit.start : hit.end][2:4]: hit.score for hit in retriever.retrieve(question, k=9)}


def test_who_asks_what_one_company_gets_is_not_told_what_another_does(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "1、个推会收集您的设备信息。\n2、友盟会收集您的设备信息。\n3、我们会收集您的设备信息。"
    found = scores_of(text, "个推会收集哪些设备信息", analyzer)
    unknown = scores_of(text, "TalkingData会收集哪些设备信息", analyzer)
    monkeypatch.setattr("assistant.retrieval.adjustments._OTHERS", 0.0)
    before = scores_of(text, "个推会收集哪些设备信息", analyzer)
    assert {name: round(before[name] - score, 3) for name, score in found.items()} == {"个推": 0, "友盟": 1, "我们": 1}
    # Where the company stands nowhere, no clause is put back for that.
    assert unknown == scores_of(text, "TalkingData会收集哪些设备信息", analyzer)


@pytest.mark.parametrize(
    ("question", "first", "other"),
    [
        ("麦克风权限用来干什么", "2", False),
        ("why do you need the microphone permission", "2", False),
        # No clause is about it: what comes first is about another.
        ("日历权限用来干什么", "1", True),
        # A name counts within another, and data are no permission.
        ("电话权限用来干什么", "3", False),
        ("会读取我的日历吗", "1", False),
    ],
)
def test_who_asks_what_one_permission_is_for_is_not_told_of_another(
    question: str, first: str, other: bool, analyzer: Analyzer
) -> None:
    camera = "1、权限用来干什么：您开启相机权限后可以用来扫码，这权限用来干什么由您选择。"
    text = f"{camera}\n2、您开启麦克风权限后可以发语音。\n3、您可以开启拨打电话的功能。\n4、日历之外我们不收集信息。"
    policy = parse(text, id="p", title="隐私政策", language="zh")
    embedder = FakeEmbedder()
    retriever = Retriever(Index("v", [build_shard(policy, analyzer, [embedder])]), analyzer, [embedder])
    hits = {hit.clause.id: hit.evidence.other for hit in retriever.retrieve(question, k=9)}
    assert hits[first] is other


@pytest.mark.parametrize(
    ("question", "titled"),
    [
        ("高德收集什么", "收集"),
        ("What does Amap collect?", "收集"),
        ("高德的使用目的", "使用"),
        ("你们收集什么", "收集"),
        ("高德保存多久", ""),
        # A company's name alone says nothing of what is asked.
        ("高德地图", ""),
    ],
)
def test_a_clause_whose_title_says_what_is_asked_is_put_forward(
    question: str, titled: str, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "一、插件\n1、收集的个人信息\n高德地图访问位置。\n2、使用目的\n用于高德地图的导航。\n3、高德地图\n见官网。"
    found = scores_of(text, question, analyzer)
    for weight in ("_TITLED", "_TITLED_OF_COMPANY"):
        monkeypatch.setattr(f"assistant.retrieval.adjustments.{weight}", 0.0)
    before = scores_of(text, question, analyzer)
    forward = {name: round(score - before[name], 3) for name, score in found.items()}
    assert {name for name, gain in forward.items() if gain} == ({titled} if titled else set())
    # What is said of one company is told apart by little else.
    assert set(forward.values()) <= {0, 0.1 if "你们" in question else 0.9}


@pytest.mark.parametrize(
    ("heading", "question", "put_back"),
    [
        ("租金与押金", "押金多少钱", {"租", "逾"}),
        ("租金与押金", "租金多少钱", {"押"}),
        ("租金与押金", "租金和押金各多少", set()),
        ("租金与押金", "几号交钱", set()),
        # A heading of one thing is what all below it are about.
        ("押金", "押金多少钱", set()),
    ],
)
def test_of_what_a_heading_names_each_clause_below_is_about_its_own(
    heading: str, question: str, put_back: set[str], analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clauses = (
        "1、租金每月2800元。",
        "2、押金为2800元，退房后退还。",
        "3、逾期支付租金的加收违约金。",
        "二、设施",
        "1、泳池每次40元。",
    )
    text = "\n".join((f"一、{heading}", *clauses))
    found = scores_of(text, question, analyzer)
    monkeypatch.setattr("assistant.retrieval.adjustments._REST_OF_HEADING", 0.0)
    before = scores_of(text, question, analyzer)
    assert {name.strip()[0] for name in found if found[name] < before[name] - 0.1} == put_back


@pytest.mark.parametrize(
    ("question", "titled"),
    [
        ("how long do I have to return a lamp?", "w "),
        ("by when must a lamp be returned", "w "),
        ("until when can I return it", "w "),
        ("who pays if I return a lamp", "o "),
        ("how do I return a lamp", ""),
        ("lamp returns", ""),
    ],
)
def test_a_clause_whose_title_is_the_question_is_put_forward(
    question: str, titled: str, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "Returns\n\nHow long do I have to return something?\nYou have a month for everything that we sell.\n"
        "Who pays when I return something?\nYou pay, unless it is faulty, and we pay for what is.\n"
    )
    found = scores_of(text, question, analyzer)
    monkeypatch.setattr("assistant.retrieval.adjustments._SAME_QUESTION", 0.0)
    before = scores_of(text, question, analyzer)
    assert {name for name, score in found.items() if score > before[name]} == ({titled} if titled else set())


def test_a_list_of_names_is_put_back_unless_names_are_asked_for(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "一、第三方插件\ncom.getui.sdk\ncom.amap.api\ncom.umeng.push\n二、我们的收集\n第三方插件会收集您的设备信息。"
    asked = {
        question: scores_of(text, question, analyzer) for question in ("有哪些第三方插件", "第三方插件收集什么信息")
    }
    monkeypatch.setattr("assistant.retrieval.adjustments._NAMES_ONLY", 0.0)
    for question, put_back in zip(asked, (0, 2), strict=True):
        before = scores_of(text, question, analyzer)
        assert round(before["第三"] - asked[question]["第三"], 3) == put_back
        assert before["我们"] == asked[question]["我们"]


@pytest.mark.parametrize(
    ("question", "constant"),
    [("“个像”是做什么的", "_QUOTED"), ("第三方插件是谁家的", "_NAMES_WANTED")],
)
def test_what_is_quoted_or_asked_for_by_its_maker_is_put_forward(
    question: str, constant: str, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "一、第三方插件\ncom.getui.sdk（个推;个像）\ncom.amap.api（高德）\n二、我们的收集\n我们会收集您的设备信息。"
    found = scores_of(text, question, analyzer)
    monkeypatch.setattr(f"assistant.retrieval.adjustments.{constant}", 0.0)
    before = scores_of(text, question, analyzer)
    assert {name for name, score in found.items() if score > before[name]} == {"第三"}
