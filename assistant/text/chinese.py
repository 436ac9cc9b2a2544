"""The closed classes of Chinese words that questions are read by: what asks, and what ends a question."""

from __future__ import annotations

import re

WHETHER = ("吗", "么", "嘛")
"""Particles at the end of a yes/no question."""

FINAL_PARTICLES = ("呢", "嘞", "捏", "呐", "咧")
"""Particles at the end of a question that names only of what: 那高德呢."""

INTERROGATIVES = "什么|啥|谁|哪|怎么|怎样|咋|如何|为何|何时|多久|多长|多少"
"""Pattern of the words that ask for something; 几 and 多 ask only before some others."""

INTERROGATIVE = re.compile(INTERROGATIVES)

OR_NOT = re.compile(r"(.)[不没]\1")
"""A verb with its denial, which asks whether: 行不行, 有没有."""
