"""`ingest`: upload all documents of a folder, several at a time, and show the result of each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.commands.remote import Refused, Remote
from app.commands.tables import print_table, whole
from app.common.errors import StartupError
from app.common.file_loader import SUPPORTED_EXTENSIONS
from app.common.undo import on_failure

_STYLES = {"ready": "green", "duplicate": "dim", "failed": "red"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one file; `reason` is set when it failed."""

    path: Path
    status: str
    pages: int = 0
    chunks: int = 0
    reason: str = ""


def ingest_folder(remote: Remote, folder: Path, fields: Mapping[str, str], *, parallel: int, console: Console) -> bool:
    """Upload what is in `folder` and below; return whether nothing failed.

    Running it again adds nothing twice: the service knows content that it has. Raises StartupError when there is
    nothing to upload, or no service.
    """
    files = list(find_documents(folder))
    if not files:
        kinds = ", ".join(sorted(SUPPORTED_EXTENSIONS))
        raise StartupError(f"There are no documents in {folder}; looked for {kinds}.")
    outcomes = _upload_all(remote, files, fields, parallel=parallel, console=console)
    _print(outcomes, folder, console)
    return not any(outcome.status == "failed" for outcome in outcomes)


def find_documents(folder: Path) -> Iterator[Path]:
    """Yield the files of kinds that are read, in order, without hidden ones and without following links out."""
    if folder.is_file():
        yield folder
        return
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden and path.suffix.lower() in SUPPORTED_EXTENSIONS:
            yield path


def _upload_all(
    remote: Remote, files: list[Path], fields: Mapping[str, str], *, parallel: int, console: Console
) -> list[Outcome]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    outcomes: dict[Path, Outcome] = {}
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(parallel) as threads:
        task = progress.add_task("uploading", total=len(files))
        waiting = [threads.submit(_upload, remote, path, fields) for path in files]
        with on_failure(lambda: threads.shutdown(wait=False, cancel_futures=True)):
            for done in as_completed(waiting):
                outcome = done.result()
                outcomes[outcome.path] = outcome
                progress.advance(task)
    return [outcomes[path] for path in files]


def _upload(remote: Remote, path: Path, fields: Mapping[str, str]) -> Outcome:
    try:
        document = remote.upload(path, fields)["documents"][0]
    except Refused as exc:
        return Outcome(path, "failed", reason=f"{exc.code}: {exc.detail}")
    except OSError:
        return Outcome(path, "failed", reason="unreadable: the file cannot be opened.")
    error = document.get("error")
    reason = f"{error['code']}: {error['detail']}" if error else " ".join(document.get("warnings", []))
    return Outcome(path, document["status"], document["pages"], document["chunks"], reason)


def _print(outcomes: list[Outcome], folder: Path, console: Console) -> None:
    table = Table(*whole("File", "State", "Pages", "Chunks"), "Reason or remarks")
    base = folder if folder.is_dir() else folder.parent
    for each in outcomes:
        state = f"[{_STYLES.get(each.status, '')}]{each.status}[/]"
        name = escape(str(each.path.relative_to(base)))
        table.add_row(name, state, str(each.pages), str(each.chunks), escape(each.reason))
    print_table(console, table)
    counts = Counter(each.status for each in outcomes)
    console.print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
