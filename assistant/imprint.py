"""What a policy says of itself: who issued it, from when it holds, how to reach the company.

It fills in what is known of a policy that is added; whoever adds it may correct that.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from assistant.policy import without_noun
from assistant.refusing import contact_of
from assistant.units import MONTHS

if TYPE_CHECKING:
    from assistant.policy import Policy

_FIRST_CHARS = 3_000
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in MONTHS)
_DATED = re.compile(
    r"(?:生效|施行|实施|更新|修订|发布|effective|updated|revised)[^\n\d]{0,30}?"
    rf"(?:(?P<y>20\d\d)\s*[年./-]\s*(?P<m>\d{{1,2}})\s*[月./-]\s*(?P<d>\d{{1,2}})"
    rf"|(?P<d2>\d{{1,2}})\s+(?P<m2>{_MONTH})\s+(?P<y2>20\d\d)|(?P<m3>{_MONTH})\s+(?P<d3>\d{{1,2}}),?\s+(?P<y3>20\d\d))",
    re.IGNORECASE,
)
# A name in the English of companies: words with capitals, then the form of the company.
_COMPANY_EN = re.compile(
    r"(?<![\w.])(?P<name>[A-Z][\w&'’.-]{0,30}(?: (?:[A-Z][\w&'’.-]{0,30}|&|and|of)){0,5}),? "
    r"(?P<form>(?:Ltd|Inc|LLC|LLP|Limited|Corp|Corporation|GmbH|PLC|plc|AG|B\.V|S\.A|Pty Ltd|Co\., Ltd))(?![A-Za-z])"
)
_COMPANY_ZH = re.compile(r"[\u3400-\u9fffA-Za-z0-9（）()]{2,30}?(?:股份有限公司|有限责任公司|有限公司)")
_BEFORE_COMPANY = re.compile(
    r"^.{0,28}(?:是由|由|是|为|系(?!统)|即|指|和|与|及|或|向|的|提供方|运营者|经营者|名称)(?=.{6,})|^[（(]?(?:以下简称|我们)"
)


def company_in(policy: Policy) -> str:
    """Return the company that a policy names as its own: as it begins or where it tells the contact, else of its title.

    A name of the title is none where the title says no more than that it is one of a policy.
    """
    text = policy.text
    parts = (text[:_FIRST_CHARS], text[_FIRST_CHARS:][-_FIRST_CHARS:])
    found: Counter[str] = Counter()
    pattern = _COMPANY_ZH if policy.language == "zh" else _COMPANY_EN
    for part in parts:
        found.update(_trimmed(match[0]) for match in pattern.finditer(part))
    short = without_noun(policy.title)
    # A company that is named once may be any partner.
    own = [name for name, count in found.most_common() if name and (count > 1 or _first_word(short) in name)]
    if own:
        return own[0]
    is_name = short and len(short) <= _LONGEST_NAME and short != " ".join(policy.title.split())
    return short if is_name else ""


def _first_word(name: str) -> str:
    return name.split(maxsplit=1)[0] if name else "\0"


def _trimmed(name: str) -> str:
    """Return a company's name without what leads to it."""
    return _BEFORE_COMPANY.sub("", name).strip(" （(）)") if "公司" in name else name


_LONGEST_NAME = 40


def date_in(text: str) -> str:
    r"""Return the date from which a text says to be in effect, or the one of its last change; empty if it says none.

    >>> date_in("隐私政策\n更新日期：2024年3月1日"), date_in("Effective date: March 1, 2024"), date_in("x")
    ('2024-03-01', '2024-03-01', '')
    """
    found = [*_DATED.finditer(text[:_FIRST_CHARS]), *_DATED.finditer(text[_FIRST_CHARS:][-_FIRST_CHARS:])]
    # That of its effect counts before that of its last change.
    for match in sorted(found, key=lambda match: re.match(r"生效|施行|实施|effective", match[0], re.I) is None):
        year, month, day = (match["y"] or match["y2"] or match["y3"], match["m"], match["d"])
        if not month:
            named = (match["m2"] or match["m3"]).lower()
            month = str(1 + [month[:3] for month in MONTHS].index(named[:3]))
            day = match["d2"] or match["d3"]
        with suppress(ValueError):
            return datetime.date(int(year), int(month), int(day)).isoformat()
    return ""


def said_of_itself(policy: Policy) -> dict[str, str]:
    """Return what a policy says of itself, by the keys of `policy.toml`; without what it does not say."""
    found = {
        "company": company_in(policy),
        "effective_date": date_in(policy.text),
        "contact": contact_of(policy),
    }
    return {key: value for key, value in found.items() if value}
