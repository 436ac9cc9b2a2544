"""The commands of those who write and check the English translation of a policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import EXIT_ERROR, AsJson, Corpus, print_json, print_line, settings_of
from assistant.errors import CorpusError, PolicyError

if TYPE_CHECKING:
    from assistant.policy import Policy
    from assistant.translations import Translation

app = typer.Typer(
    no_args_is_help=True, help="Check the English courtesy translations of policies, or write the file for one."
)

_PolicyId = Annotated[str | None, typer.Argument(metavar="[POLICY]", help="Id of the policy.")]
_Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="File to write, which must not be there yet.")]


@app.command()
def check(policy: _PolicyId = None, as_json: AsJson = False, corpus: Corpus = None) -> None:
    """List the clauses whose English is missing, outdated or orphaned; exit code 1 if there are any.

    Without POLICY, all Chinese policies of the corpus are checked.
    """
    from assistant.translations import gaps

    complete = True
    for found, translation in _chinese_policies(policy, corpus):
        parted = gaps(found, translation)
        complete = complete and not parted
        if as_json:
            fields = ("kind", "clause_id", "reference", "text")
            listed = [{name: getattr(gap, name) for name in fields} for gap in parted]
            print_json({"policy_id": found.id, "complete": not parted, "gaps": listed})
            continue
        for gap in parted:
            print_line(f"{gap.kind}  {gap.reference or '(gone)'}  [{gap.clause_id}]", style="bold")
            for line in gap.text.splitlines():
                print_line(f"   {line}")
        todo = f"{len(parted)} to do; `policy-assistant translations template {found.id}` makes room for them"
        print_line(f"{found.id}: {todo if parted else f'complete, {len(translation.clauses)} clauses'}")
    if not complete:
        raise typer.Exit(EXIT_ERROR)


@app.command()
def template(policy: _PolicyId = None, out: _Out = None, corpus: Corpus = None) -> None:
    """Print a translation file to be filled in: every sentence, and below it its English as far as there is any.

    Renderings are taken over wherever the sentences have not changed, even if the clause has another number now.
    """
    from assistant.translations import TRANSLATION_FILE, template

    found = _chinese_policies(policy, corpus)
    if len(found) != 1:
        names = ", ".join(found.id for found, _ in found)
        raise typer.BadParameter(f"name one of {names}", param_hint="POLICY")
    text = template(*found[0])
    if out is None:
        typer.echo(text, nl=False)
        return
    out.parent.mkdir(exist_ok=True)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise PolicyError(f"{out}: is there already: choose another name, or move it away") from None
    print_line(f"{out}: fill it in, then put it into the policy's folder as {TRANSLATION_FILE}")


def _chinese_policies(policy: str | None, corpus: Path | None) -> list[tuple[Policy, Translation]]:
    """Return the policy of this id, or all in Chinese, each with its translation."""
    from assistant.corpus import open_folders, read_translation

    folders = open_folders(*settings_of(corpus, None).corpus_dirs())
    if policy is not None and policy not in {found.id for found, _ in folders}:
        raise CorpusError(
            f"there is no policy {policy!r}: the corpus has {', '.join(found.id for found, _ in folders)}"
        )
    chosen = [(found, folder) for found, folder in folders if policy in (None, found.id) and found.language == "zh"]
    if not chosen:
        raise CorpusError("the policy is in English already" if policy else "the corpus has no policy in Chinese")
    return [(found, read_translation(folder)) for found, folder in chosen]
