"""Questions: what kind of answer they want, what they are made of and name, and the same in other words.

- `forms`: that a question wants every item, names, a meaning, or obedience;
- `answer_types`: what kind of value it wants, and what holds one;
- `utterances`, `phrases`: what it is made of; English nouns with what qualifies them;
- `topics`, `references`: what it names; what its pronouns stand for;
- `rephrasing`: the same asked of something else, or in other words.

Nothing here knows of policies: a question is read by itself, with the thesaurus.
"""
