"""Sentences of policies and of answers, taken apart: their parts, what turns their sense, words that mean the same."""
