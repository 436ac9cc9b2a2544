"""The commands of those who give the assistant the names of their own company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import (
    UNQUOTED,
    AsJson,
    Commands,
    Corpus,
    PolicyId,
    check_quoted,
    known_or_refused,
    plural,
    print_json,
    print_json_of,
    print_line,
    settings_of,
    typed,
)
from assistant.text import shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from assistant.policy import Policy
    from assistant.thesaurus import Concept, Thesaurus

app = Commands(
    no_args_is_help=True, help="Check the names that policies add to the thesaurus, or see what it makes of a question."
)


@app.command()
def check(policy: PolicyId = None, as_json: AsJson = False, corpus: Corpus = None) -> None:
    """Read the thesaurus of each policy, and list what is worth a second look; exit code 1 only if one cannot be read.

    Listed are names that another concept has too, so that both are counted, and concepts that no policy names.
    """
    from assistant.corpus import open_corpus, thesaurus_of

    policies = open_corpus(*settings_of(corpus, None).corpus_dirs())
    known_or_refused(policy, policies)
    thesaurus = thesaurus_of(policies)
    spoken_of = {concept for found in policies for concept in thesaurus.named_in(found.text)}
    checked = [(found, list(_notes(found, thesaurus, spoken_of))) for found in policies if policy in (None, found.id)]
    if as_json:
        told = [
            {
                "policy_id": found.id,
                "concepts": len(found.concepts),
                "notes": [{"concept": concept, "note": note} for concept, note in notes],
            }
            for found, notes in checked
        ]
        print_json_of(policy, told)
        return
    for found, notes in checked:
        for concept, note in notes:
            print_line(f"{concept}: {note}")
        names = sum(len(concept.names) for concept in found.concepts)
        counted = f"{plural(names, 'name')} of {plural(len(found.concepts), 'concept')}"
        print_line(f"{found.id}: {counted if names else 'none'}")


@app.command(context_settings=UNQUOTED)
def explain(
    context: typer.Context,
    question: Annotated[
        str,
        typer.Argument(metavar="QUESTION", help="A question or any other text; `-` reads it from standard input."),
    ],
    as_json: AsJson = False,
    corpus: Corpus = None,
) -> None:
    """Show the names that the thesaurus finds in a question, with their concepts, and whose names these are."""
    check_quoted(context)
    from assistant.corpus import open_corpus, thesaurus_of
    from assistant.text import normalized

    policies = open_corpus(*settings_of(corpus, None).corpus_dirs())
    thesaurus = thesaurus_of(policies)
    text = normalized(typed(question))
    found = [(text[start:end], thesaurus[concept]) for start, end, ids in thesaurus.find(text) for concept in ids]
    if as_json:
        fields = ("id", "kind", "zh", "zh_colloquial", "en")
        listed = [
            {"text": name, "policies": _owners(concept, policies)} | {key: getattr(concept, key) for key in fields}
            for name, concept in found
        ]
        print_json({"text": text, "names": listed})
        return
    for name, concept in found:
        owners = ", ".join(_owners(concept, policies))
        print_line(f"{name}  →  {concept.id} ({concept.kind}){owners and f'  [{owners}]'}", style="bold")
        print_line(f"   {shortened(' · '.join(concept.names), 150)}")
    if not found:
        print_line("it has no name of the thesaurus: it is searched for by its own words and by its meaning")


def _owners(concept: Concept, policies: Sequence[Policy]) -> list[str]:
    """Return the ids of the policies whose own thesaurus speaks of a concept."""
    return [policy.id for policy in policies if any(own.id == concept.id for own in policy.concepts)]


def _notes(policy: Policy, thesaurus: Thesaurus, spoken_of: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the ids of concepts in a policy's thesaurus, with what is worth a second look in each."""
    for own in policy.concepts:
        for name in own.names:
            others = [other for other in thesaurus.named_in(name) if other != own.id]
            if others and own.id in thesaurus.named_in(name):
                yield own.id, f"{name!r} is also a name of {', '.join(others)}: a question with it asks for both"
        if own.id not in spoken_of:
            yield own.id, f"no policy has any of its names: {shortened(', '.join(thesaurus[own.id].names), 80)}"
