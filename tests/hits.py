"""Clauses that were found, for tests of what is made of them."""

from __future__ import annotations

from assistant import Policy, parse
from assistant.index.passages import passages
from assistant.retrieval.hits import Evidence, Hit

ANSWERED = Evidence(scope=5.0, similarity=0.7, coverage=1.0, concepts=1.0)

TEXT = """云帆隐私政策

一、我们收集的信息
（一）注册
我们收集您的手机号码，用于创建账号。您 可以拒绝提供，但将无法登录。
（二）设备信息
1、为保障安全，我们收集 IMEI 与 ＭＡＣ地址；
2、我们不收集通讯录。

二、例外情形
在以下情形中，无需征得您的同意：
1、与国家安全直接相关的；
2、与公共卫生直接相关的。

三、联系我们
客服电话：400-000-1234。
"""


def yunfan() -> Policy:
    """The policy of `TEXT`."""
    return parse(TEXT, id="yunfan", title="云帆隐私政策", contact="400-000-1234", company="云帆科技")


def hit(policy: Policy, words: str, *, score: float = 10.0, evidence: Evidence = ANSWERED) -> Hit:
    """A hit of the clause that holds `words`, whose first sentence with them scores best."""
    at = policy.text.index(words)
    passage = next(p for p in passages(policy) if p.clause_id == policy.at(at).id)
    scores = tuple(10.0 if start <= at < end else 0.0 for start, end in passage.sentences)
    return Hit(
        policy=policy,
        clause=policy[passage.clause_id],
        passage=passage,
        score=score,
        ranks={"bm25": 1, "fake": 1},
        sentence_scores=scores,
        evidence=evidence,
    )
