"""Titles: whether the first lines of a text are its title, and what it calls itself where they are not."""

from __future__ import annotations

import re
from itertools import pairwise

from assistant.text.naming import AROUND_NAMES, COMPANY_FORM_EN, without_noun

_LONGEST_NAME = 40
_LONGEST_BELOW = 80
"""What stands right below the company's name is more likely a title than a line anywhere."""


def title_or_name(title: str, text: str) -> str:
    r"""Return the title that was found in a text's first lines; if it is none, the name that the text gives itself.

    Of a page that was copied with what stands above it, the first line is no title.

    Args:
        title: What was found; may be empty.
        text: The text.

    Returns:
        The name of the first lines, or else the first in its sentences; what was found if there is none.

    >>> title_or_name("打印", "打印\n云帆隐私政策\n更新日期：2024年3月1日"), title_or_name("Terms", "Terms\nWe sell.")
    ('云帆隐私政策', 'Terms')
    >>> title_or_name("更新", "更新\n修订了《云帆隐私政策》。"), title_or_name("", "We collect little.")
    ('云帆隐私政策', '')
    >>> title_or_name("云帆股份有限公司", "云帆股份有限公司\n员工差旅管理制度\n第一条 适用范围")
    '员工差旅管理制度'
    >>> title_or_name("ACME LTD", "ACME LTD\nBOAT HIRE – TERMS AND CONDITIONS\n1. We hire out boats.")
    'BOAT HIRE – TERMS AND CONDITIONS'
    """
    if _COMPANY.fullmatch(title):
        lines = _first_lines(text)
        below = dict(pairwise(lines)).get(title, "")
        return below if below and _is_name(below, _LONGEST_BELOW) else title
    return title if title and not _NO_TITLE.search(title) else _named(text) or title


def _named(text: str) -> str:
    found = next((line for line in _first_lines(text) if _is_name(line)), "")
    marked = _IN_MARKS.finditer(text, 0, min(len(text), _HEAD_CHARS))
    return found or next((match[1] for match in marked if _is_name(match[1])), "")


def _first_lines(text: str) -> list[str]:
    """Return the first lines of a text that are not blank, without Markdown's marks."""
    lines = (" ".join(line.strip("#*_ \t\ufeff").split()) for line in text[:_HEAD_CHARS].splitlines())
    return [line for line in lines if line][:_TITLE_LINES]


def _is_name(line: str, most: int = _LONGEST_NAME) -> bool:
    """Say whether a line of at most so many characters is but the name of a policy."""
    return len(line) <= most and not _SAYS.search(line) and without_noun(line) != line.strip(AROUND_NAMES)


_HEAD_CHARS = 1_500
_TITLE_LINES = 6
# Whoever issued the policy, above its title.
_COMPANY = re.compile(
    r"[\w（）()·&\- ]{2,40}(?:公司|集团|大学|学校|学院|医院)|"
    rf"[A-Z][\w&'’.,\- ]{{1,50}} {COMPANY_FORM_EN}\.?",
    re.IGNORECASE,
)
_IN_MARKS = re.compile(r"《([^《》\n]{4,40})》")
# A sentence, a date, a link, or what a page shows above its text.
_NO_TITLE = re.compile(
    r"[。！？!?;；:：]|https?:|日期|"
    r"^(?:下载|打印|返回|首页|菜单|分享|目录|导航|(?:更新|版本|重要)?(?:提示|说明|公告|通知|概要)(?:和概要)?|更新|"
    r"menu|home|back|print|download|share)$",
    re.IGNORECASE,
)
# A sentence, an entry, an item or an address is no name.
_SAYS = re.compile(
    r"^\W{0,2}\d{1,2}[.、)）]|[。！？!?;；:：]|[，,](?! (?:Inc|Ltd|LLC))|\d{4}|https?|您|我们|"
    r"\b(?:you|we|our|your|this)\b",
    re.IGNORECASE,
)
