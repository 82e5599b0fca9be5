"""`python -m app.cli`: what an operator does beside the running service. Each command lives in app/commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands import asking
from app.commands.remote import Refused, Remote
from app.common.errors import AppError, StartupError
from app.common.process import share_one_heap
from app.config import load_settings, operator_chose_heaps

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def commands() -> None:
    """Work with a service and its data. Settings are the service's: the environment and .env."""


@app.command("doctor")
def doctor_command(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Repair what is wrong; nothing is lost by it.")] = False,
    discard: Annotated[
        bool, typer.Option("--discard", help="With --repair: also remove what cannot be repaired.")
    ] = False,
    every_client: Annotated[bool, typer.Option("--all", help="List every client, not only unsound ones.")] = False,
) -> None:
    """Compare the catalog with what is stored, while the service is stopped. Exit code 0: all is well, 1: not."""
    from app.commands.doctor import doctor

    if not operator_chose_heaps():
        share_one_heap()
    with one_sentence():
        settings = load_settings()
        if settings.vector_store_type == "pgvector":
            raise StartupError("The doctor looks at embedded stores; PostgreSQL's own tools look at its database.")
        sound = doctor(settings, typer.echo, repair=repair, discard=discard, every_client=every_client)
    raise typer.Exit(0 if sound else 1)


@app.command("reembed")
def reembed_command(*, client: Annotated[str | None, typer.Option(help="Of this client alone.")] = None) -> None:
    """Embed documents again after EMBEDDING_MODEL was changed, while the service is stopped. Exit code 1: not all."""
    from app.commands.reembed import reembed

    if not operator_chose_heaps():
        share_one_heap()
    with one_sentence():
        whole = reembed(load_settings(), typer.echo, client=client)
    raise typer.Exit(0 if whole else 1)


@app.command("migrate")
def migrate_command() -> None:
    """Bring the tables in the database of DATABASE_URL up to date, as every start does. One does it, others wait."""
    from app.commands.migrate import migrate

    with one_sentence():
        migrate(load_settings(), typer.echo)


BaseUrl = Annotated[str, typer.Option("--base-url", envvar="BASE_URL", help="Where the service runs.")]
ApiKey = Annotated[str | None, typer.Option("--api-key", envvar="API_KEY", help="In locked mode: a key.")]
Client = Annotated[str, typer.Option("--client", help="Whose documents.")]
LOCAL = "http://127.0.0.1:8000"
LONG_SECONDS = 6 * 3600
"""For the copying before the first byte of a backup comes."""


@app.command("backup")
def backup_command(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The file to be made.")],
    *,
    base_url: Annotated[
        str | None, typer.Option("--base-url", envvar="BASE_URL", help="Where the service runs.")
    ] = None,
    api_key: ApiKey = None,
) -> None:
    """Back up all data, while the service runs or is stopped. The file is there when it is whole and checked.

    Without --base-url the folders of the settings are copied; if a service has them open, that one is asked.
    """
    from app.commands.backup import back_up, back_up_folders

    with one_sentence():
        if base_url is None:
            settings = load_settings()
            api_key = api_key or (settings.admin_api_key.get_secret_value() if settings.admin_api_key else None)
            if back_up_folders(settings, file, typer.echo):
                return
        with Remote(base_url or LOCAL, api_key=api_key, timeout=LONG_SECONDS) as remote:
            back_up(remote, file, typer.echo)


@app.command("restore")
def restore_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `backup` made.")],
    folder: Annotated[Path, typer.Argument(help="Where its data is to be: a folder that is empty or not there yet.")],
) -> None:
    """Restore a backup beside what is there. The folder is there when all of it is whole and checked."""
    from app.commands.backup import restore_file

    with one_sentence():
        restore_file(file, folder, typer.echo)


@app.command("ingest")
def ingest_command(
    folder: Annotated[Path, typer.Argument(exists=True, help="A folder, with all below it, or one file.")],
    client: Client,
    *,
    parallel: Annotated[int, typer.Option(min=1, max=32, help="Uploads at once.")] = 4,
    chunk_size: Annotated[int | None, typer.Option(help="Characters in a chunk.")] = None,
    chunk_overlap: Annotated[int | None, typer.Option(help="Characters that neighbours share.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of documents of the same name.")] = False,
    metadata: Annotated[str | None, typer.Option(help='Of all files, as JSON: {"year": 2026}.')] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Of all files; may be repeated.")] = None,
    base_url: BaseUrl = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Upload all documents of a folder to a running service. Exit code 1 when any failed; run it again as you like."""
    from app.commands.ingest import ingest_folder

    given = {
        "chunk_size": chunk_size,
        "chunk_overlap": chunk_overlap,
        "replace": "true" if replace else None,
        "metadata": metadata,
        "tags": ",".join(tag or ()) or None,
    }
    fields = {"client_id": client, **{name: str(value) for name, value in given.items() if value is not None}}
    with one_sentence(), Remote(base_url, api_key=api_key) as remote:
        whole = ingest_folder(remote, folder, fields, parallel=parallel, console=Console())
    raise typer.Exit(0 if whole else 1)


@app.command("ask")
def ask_command(
    question: str,
    client: Client,
    *,
    session: Annotated[str | None, typer.Option(help="The conversation to continue.")] = None,
    base_url: BaseUrl = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Ask a running service, and show the passages that the answer rests on."""
    with one_sentence(), Remote(base_url, api_key=api_key) as remote:
        asking.ask(remote, question, client_id=client, session_id=session, console=Console())


@app.command("documents")
def documents_command(
    client: Client,
    *,
    status: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    base_url: BaseUrl = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """List a client's documents."""
    with one_sentence(), Remote(base_url, api_key=api_key) as remote:
        asking.list_documents(remote, client_id=client, status=status, console=Console())


@app.command("jobs")
def jobs_command(
    job: Annotated[str | None, typer.Argument(help="A job, to see the result of each file.")] = None,
    *,
    client: Annotated[str | None, typer.Option("--client", help="Whose jobs.")] = None,
    base_url: BaseUrl = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """List a client's background uploads, or show one."""
    if (job is None) == (client is None):
        raise typer.BadParameter("name either a job or --client")
    with one_sentence(), Remote(base_url, api_key=api_key) as remote:
        if job is not None:
            asking.show_job(remote, job, Console())
        elif client is not None:
            asking.list_jobs(remote, client_id=client, console=Console())


@app.command("eval")
def eval_command(
    questions: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="One JSON object a line.")],
    client: Client,
    *,
    answers: Annotated[bool, typer.Option("--answers", help="Ask for answers too: which are refused?")] = False,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A field of the search request for the second run, NAME=JSON.")
    ] = None,
    base_url: BaseUrl = LOCAL,
    api_key: ApiKey = None,
) -> None:
    """Measure how well your own questions are found: hit@k, MRR, refusals, time. With --set, two runs side by side."""
    from app.commands import evaluate

    with one_sentence(), Remote(base_url, api_key=api_key) as remote:
        asked = evaluate.read_questions(questions)
        runs = {"default": evaluate.ask_all(remote, asked, client_id=client, options={}, answers=answers)}
        if setting:
            options = evaluate.read_options(setting)
            label = " ".join(setting)
            runs[label] = evaluate.ask_all(remote, asked, client_id=client, options=options, answers=answers)
        evaluate.show({label: evaluate.summarise(run) for label, run in runs.items()}, runs, Console())


@contextmanager
def one_sentence() -> Iterator[None]:
    """End the program with the error's sentence and exit code 1 instead of a traceback."""
    try:
        yield
    except (StartupError, AppError, Refused) as exc:
        typer.echo(getattr(exc, "detail", str(exc)), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
