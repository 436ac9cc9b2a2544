"""The commands of those who write and check the English translation of a policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import (
    EXIT_ERROR,
    AsJson,
    Commands,
    Corpus,
    PolicyId,
    command,
    known_or_refused,
    plural,
    print_json_of,
    print_line,
    settings_of,
)
from assistant.errors import CorpusError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy import Policy
    from assistant.policy.translations import Gap, Translation

app = Commands(
    no_args_is_help=True, help="Check the English courtesy translations of policies, or write the file for one."
)

_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="File to write, which must not be there yet, unless with --update."),
]
_Update = Annotated[
    bool,
    typer.Option(
        "--update",
        help="Write the file anew in its place, the policy's own unless there is --out; what is rendered is kept.",
    ),
]


@app.command()
def check(policy: PolicyId = None, as_json: AsJson = False, corpus: Corpus = None) -> None:
    """List the clauses whose English is missing, outdated or orphaned; exit code 1 if there are any.

    Without POLICY, all Chinese policies of the corpus are checked.
    """
    from assistant.policy.translations import gaps

    checked = [(found, gaps(found, translation)) for found, translation, _ in _chinese_policies(policy, corpus)]
    if as_json:
        fields = ("kind", "clause_id", "reference", "text")
        told = [
            {
                "policy_id": found.id,
                "complete": not parted,
                "gaps": [{name: getattr(gap, name) for name in fields} for gap in parted],
            }
            for found, parted in checked
        ]
        print_json_of(policy, told)
    else:
        for found, parted in checked:
            _print_gaps(found, parted, corpus)
    if any(parted for _, parted in checked):
        raise typer.Exit(EXIT_ERROR)


def _print_gaps(policy: Policy, parted: Sequence[Gap], corpus: Path | None) -> None:
    from assistant.policy.translations import complete_clauses

    for gap in parted:
        print_line(f"{gap.kind}  {gap.reference or '(gone)'}  [{gap.clause_id}]", style="bold")
        for line in gap.text.splitlines():
            print_line(f"   {line}")
    if parted:
        how = command("translations template", policy.id, "--update", corpus=corpus)
        print_line(f"{policy.id}: {len(parted)} to do; {how} makes room for them")
    else:
        print_line(f"{policy.id}: complete, {plural(complete_clauses(policy), 'clause')}")


@app.command()
def template(policy: PolicyId = None, out: _Out = None, update: _Update = False, corpus: Corpus = None) -> None:
    """Print a translation file to be filled in: every sentence, and below it its English as far as there is any.

    Renderings are taken over wherever the sentences have not changed, even if the clause has another number now.

    Example: policy-assistant translations template yunfan --update
    """
    from assistant import storage
    from assistant.corpus import read_text, read_translation_file
    from assistant.corpus.keeping import may_change
    from assistant.policy.translations import MAX_TRANSLATION_BYTES, TRANSLATION_FILE, gaps, template

    policies = _chinese_policies(policy, corpus)
    if len(policies) != 1:
        names = ", ".join(found.id for found, _, _ in policies)
        raise typer.BadParameter(f"name one of {names}", param_hint="POLICY")
    found, translation, folder = policies[0]
    own = folder / TRANSLATION_FILE
    if out is None and not update:
        typer.echo(template(found, translation), nl=False)
        return
    if out is None and not may_change(settings_of(corpus, None), folder):
        raise CorpusError(f"policy {found.id!r} came with the program: name a file of your own with --out")
    path = out or own
    if path.exists() and not update:
        raise PolicyError(f"{path}: is there already: --update writes it anew and keeps what is rendered in it")
    text = ""
    if path.exists():
        # What is kept is what that very file says, which may be another than the policy's own.
        translation, text = read_translation_file(path), read_text(path, max_bytes=MAX_TRANSLATION_BYTES)
    path.parent.mkdir(exist_ok=True)
    storage.write(path, template(found, translation, text))
    # A second look, for what was outdated is a comment now.
    todo = len(gaps(found, read_translation_file(path)))
    if not todo:
        print_line(f"{path}: complete")
    elif path.resolve() == own.resolve():
        print_line(f"{path}: {todo} to do; fill it in, then {command('translations check', found.id, corpus=corpus)}")
    else:
        print_line(f"{path}: {todo} to do; fill it in, then put it into the policy's folder as {TRANSLATION_FILE}")


def _chinese_policies(policy: str | None, corpus: Path | None) -> list[tuple[Policy, Translation, Path]]:
    """Return the policy of this id, or all in Chinese, each with its translation and its folder."""
    from assistant.corpus import open_folders, read_translation

    folders = open_folders(*settings_of(corpus, None).corpus_dirs())
    known_or_refused(policy, (found for found, _ in folders))
    chosen = [(found, folder) for found, folder in folders if policy in (None, found.id) and found.language == "zh"]
    if not chosen:
        raise CorpusError("the policy is in English already" if policy else "the corpus has no policy in Chinese")
    return [(found, read_translation(folder), folder) for found, folder in chosen]
