"""Running one of our small programs in a process of its own, and reading the Python literal it writes."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

_TIMEOUT_SECONDS = 3600


class ProgramFailed(Exception):
    """The program ended with an error; its text is for the log of a developer alone."""


def run_program(program: str, *arguments: str) -> Any:
    """Run the module file `program` without any packages; return what it wrote. Raises ProgramFailed."""
    command = [sys.executable, "-I", "-S", str(Path(program).resolve()), *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
    if done.returncode != 0:
        raise ProgramFailed(f"{arguments[:1]}: {done.stderr.strip()[-500:]}")
    return ast.literal_eval(done.stdout)
