"""One door for people: make the environment, run, test, look.

    python3 tasks.py setup        make .venv and install the pinned packages
    python3 tasks.py run          analyse the sample study (or: run STUDY [options])
    python3 tasks.py test         the test suite on two cores (or: test PYTEST-ARGUMENTS)
    python3 tasks.py calibrate    slow simulations: do verdicts err no more often than they say?
    python3 tasks.py view         open the viewer on the results (or: view RESULTS)
    python3 tasks.py check        style, types, and the rules of the instrument
    python3 tasks.py judge        ask browsers, ODK, SurveyJS and REDCap's clients what they think of our exports
    python3 tasks.py clients      install the programs that judge our exports (needs Node; ODK Validate needs Java)
    python3 tasks.py reference    rerun the R scripts behind tests/reference (needs R)
    python3 tasks.py bench        time the engine beside lavaan and semopy (--quick, --show, --readme)

Only the standard library is used here, so it works before anything is installed. Every task first
makes the environment if it is missing or the pinned versions have changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
NEEDED = (3, 11)
SAMPLE = "data/sample"
CLIENTS = ROOT / ".clients"
PYTHON_CLIENTS = ("pyxform==4.5.0", "linkml-redcap==0.1.2", "reproschema==1.1.0")
NODE_CLIENTS = ("survey-core@3.1.1", "@getodk/xforms-engine@0.22.0", "jsdom@26.1.0")
"""Foreign programs that tests ask about our exports; kept apart, because their pins are not ours."""


def call(*command: str | Path) -> int:
    """Run a command in the project's folder; its exit status."""
    return subprocess.call([str(part) for part in command], cwd=ROOT)


def fingerprint() -> str:
    """Changes whenever what has to be installed changes."""
    content = b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    return hashlib.sha256(content).hexdigest()


def ensure(extra: str) -> None:
    """Make ``.venv`` with the pinned packages (``extra``: "" or "[dev]") unless it is there and current."""
    stamp = VENV / f"installed-{'dev' if extra else 'run'}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint() and PYTHON.is_file():
        return
    if not PYTHON.is_file():
        print(f"Making an environment in {VENV.name} …", flush=True)
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            sys.exit(f"Could not make {VENV}: {error}\nOn Debian and Ubuntu, install the package python3-venv first.")
    print("Installing the pinned packages (once; a few minutes) …", flush=True)
    status = call(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                  "-c", "constraints.txt", "-e", f".{extra}")
    if status:
        sys.exit("Installing failed; the lines above say why. Nothing else was changed.")
    for done in {stamp, VENV / "installed-run"}:
        done.write_text(fingerprint(), encoding="utf-8")


def setup(arguments: list[str]) -> int:
    ensure("[dev]")
    print("Ready. Next: python3 tasks.py run")
    return 0


def run(arguments: list[str]) -> int:
    ensure("")
    return call(PYTHON, "-m", "pipeline.cli", "run", *(arguments or [SAMPLE]))


def view(arguments: list[str]) -> int:
    ensure("")
    return call(PYTHON, "-m", "pipeline.cli", "view", *arguments)


def test(arguments: list[str]) -> int:
    ensure("[dev]")
    # Tests that share what is costly to make stay together (tests/conftest.py).
    return call(PYTHON, "-m", "pytest", *(arguments or ("-n", "2")))


def judge(arguments: list[str]) -> int:
    ensure("[dev]")
    both = ("-m", "client or browser", "-n", "2")
    return clients([]) or call(PYTHON, "-m", "pytest", *both, *arguments)


def calibrate(arguments: list[str]) -> int:
    ensure("[dev]")
    return call(PYTHON, "-m", "pytest", "-m", "calibration", "-s", *arguments)


def clients(arguments: list[str]) -> int:
    """Into ``.clients``, once; a newer list of clients starts anew."""
    wanted = "\n".join((*PYTHON_CLIENTS, *NODE_CLIENTS))
    stamp = CLIENTS / "installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("npm is not on the path. On Debian: apt-get install nodejs npm default-jre-headless", file=sys.stderr)
        return 2
    shutil.rmtree(CLIENTS, ignore_errors=True)
    venv.create(CLIENTS / "python", with_pip=True)
    python = CLIENTS / "python" / PYTHON.relative_to(VENV)
    (CLIENTS / "node").mkdir()
    (CLIENTS / "node" / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    print("Installing the programs that judge exports (once; a few minutes) …", flush=True)
    status = call(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                  "-c", "tests/client_scripts/constraints.txt", *PYTHON_CLIENTS)
    status = status or call(npm, "install", "--prefix", CLIENTS / "node", "--no-fund", "--no-audit", "--no-save",
                            "--ignore-scripts", "--loglevel", "error", *NODE_CLIENTS)
    if not status:
        stamp.write_text(wanted, encoding="utf-8")
    return status


def check(arguments: list[str]) -> int:
    ensure("[dev]")
    commands = (
        ("ruff", (PYTHON, "-m", "ruff", "check", ".")),
        ("mypy", (PYTHON, "-m", "mypy")),
        ("instrument check", (PYTHON, "-m", "pipeline.cli", "instrument", "check")),
    )
    failed = []
    for name, command in commands:
        print(f"── {name}", flush=True)
        if call(*command):
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


def reference(arguments: list[str]) -> int:
    rscript = shutil.which("Rscript")
    if rscript is None:
        print("Rscript is not on the path. On Debian: apt-get install r-base-core r-cran-lavaan r-cran-psych "
              "r-cran-semtools r-cran-gparotation r-cran-jsonlite", file=sys.stderr)
        return 2
    scripts = sorted((ROOT / "tests" / "reference").glob("*/script.R"))
    return max((subprocess.call([rscript, script.name], cwd=script.parent) for script in scripts), default=0)


def bench(arguments: list[str]) -> int:
    ensure("[dev]")
    return call(PYTHON, "-m", "benchmarks.run", *arguments)


TASKS: dict[str, Callable[[list[str]], int]] = {
    "setup": setup, "run": run, "test": test, "view": view, "check": check, "reference": reference,
    "bench": bench, "calibrate": calibrate, "clients": clients,
    "judge": judge,
}


def main() -> int:
    if sys.version_info < NEEDED:
        sys.exit(f"alliometrics needs Python {'.'.join(map(str, NEEDED))} or newer; this is {sys.version.split()[0]}.")
    name, *arguments = sys.argv[1:] or ["help"]
    if name in ("help", "-h", "--help"):
        print(__doc__)
        return 0
    if name not in TASKS:
        print(f"No task {name!r}; there are: {', '.join(TASKS)}.", file=sys.stderr)
        return 2
    return TASKS[name](arguments)


if __name__ == "__main__":
    sys.exit(main())
