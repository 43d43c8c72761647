"""Random cases, run on limbeck and on Alembic 1.20.1, and compared.

A kind of test is two files beside this one:

`run_<kind>.py`
    Is loaded in each implementation's interpreter, so it imports `alembic` and no test code. It has `run(case)`, which
    takes a case and returns the result, both as JSON values. If both sides raise an exception, limbeck's type has to be
    Alembic's or a subclass of it, and the attribute `left`, which `run` may set (to the files left behind, for instance), has to be
    equal. What `run` prints is dropped. The file may define `explain(case)`, which returns the case as text for the report.
`test_random_<kind>.py`
    Has `make(rnd: random.Random) -> case`, and a test:

        def test_same_files_are_written(random_cases: RandomCases) -> None:
            random_cases.compare("<kind>", make, better=better)

`better(case, ours, theirs)` is optional: it returns the reason why a difference is accepted, or None. `ours` and `theirs` are
what `run` returned, or `{"raised": [names of the type and its bases], "message": text, "left": ...}` (see `raised`). The messages of
exceptions are not compared. If Alembic raises one of `crashes` and limbeck raises none of them, the difference is accepted without a
call of `better`; with `crashes=()`, `better` decides these cases too.

Each case runs three times: on Alembic, on limbeck, and on limbeck with `LIMBECK_SHORT_CUTS=0`. One process of each lives as long as
the comparison does, so a case costs what `run` costs. Environment variables for `run`, for instance the URL of a
database, are given per side:
`compare(..., environ={"reference": {...}, "limbeck": {...}, "limbeck, no short cuts": {...}})`; see `SIDES`.

A difference ends the test with the smallest case that shows it (dictionary keys and list elements are left out one by one while the
difference stays) and the options that make the same case again.

Options: `--seed TEXT` (default: today's date), `--minutes N` (for each kind, default 1), `--cases N` (instead of minutes).
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.programs import Program

Case = Any
Better = Callable[[Case, Any, Any], "str | None"]

SIDES = ("reference", "limbeck", "limbeck, no short cuts")
#: Exceptions by which Alembic crashes on input that it did not expect.
CRASHES = (
    "builtins.AssertionError",
    "builtins.AttributeError",
    "builtins.IndexError",
    "builtins.KeyError",
    "builtins.NotImplementedError",
    "builtins.RecursionError",
    "builtins.TypeError",
    "builtins.UnboundLocalError",
)
#: The most attempts to make a case smaller.
_TRIES = 600


@dataclass(frozen=True)
class RandomCases:
    """The number of cases, the seed, and the two programs that run them."""

    limbeck: Program
    reference: Program
    seed: str
    minutes: float
    cases: int | None

    def compare(
        self,
        kind: str,
        make: Callable[[random.Random], Case],
        *,
        better: Better = lambda case, ours, theirs: None,
        crashes: tuple[str, ...] = CRASHES,
        environ: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Run random cases of a kind until the time is over.

        `make` gets a new generator for each case; the other parameters are described at the top.

        :raises AssertionError: a difference is not accepted; the message has the smallest case that shows it
        """
        runner = Path(__file__).with_name(f"run_{kind}.py")
        deadline = time.monotonic() + 60 * self.minutes
        sides = {name: self._side(name, runner, (environ or {}).get(name, {})) for name in SIDES}
        accepted: dict[str, int] = {}
        number = 0
        try:
            while number < self.cases if self.cases is not None else time.monotonic() < deadline:
                case = make(random.Random(f"{self.seed}/{kind}/{number}"))
                for found in _differences(sides, case, better, crashes):
                    if found.reason is not None:
                        accepted[found.reason] = accepted.get(found.reason, 0) + 1
                        continue
                    smallest = _smallest(sides, case, found, better, crashes)
                    raise AssertionError(_report(smallest, runner, kind, self.seed, number))
                number += 1
        finally:
            for side in sides.values():
                side.end()
        assert number > 0, "no time for a single case"
        print(f"{kind}: {number} cases of seed {self.seed}; better: {accepted}", file=sys.stderr)

    def _side(self, name: str, runner: Path, environ: Mapping[str, str]) -> _Side:
        program = self.reference if name == "reference" else self.limbeck
        switch = {"LIMBECK_SHORT_CUTS": "0"} if name == SIDES[2] else {}
        return _Side(program, runner, {**switch, **environ})


class _Side:
    """A process of one implementation that answers cases."""

    def __init__(self, program: Program, runner: Path, environ: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._stderr = open(Path(self._folder.name) / "stderr", "w+")  # noqa: SIM115 - until end()
        self._process = subprocess.Popen(
            [str(program.interpreter), __file__, str(runner)],
            cwd=self._folder.name,
            env=program.environment(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            encoding="utf-8",
        )

    def ask(self, case: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(case + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._stderr.seek(0)
            raise RuntimeError(f"the process has ended: {self._stderr.read()[-4000:]}")
        return json.loads(line)

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        self._stderr.close()
        self._folder.cleanup()


@dataclass(frozen=True)
class _Difference:
    case: Case
    side: str
    ours: Any
    theirs: Any
    #: The reason why the difference is accepted.
    reason: str | None

    @property
    def shape(self) -> tuple[object, ...]:
        """The part of a difference that has to stay while the case is made smaller."""
        return self.side, _kind_of(self.ours), _kind_of(self.theirs)


def raised(answer: Any) -> str | None:
    """Return the qualified name of the exception type; None without an exception."""
    return answer["raised"][0] if _failed(answer) else None


def _failed(answer: Any) -> bool:
    return isinstance(answer, dict) and "raised" in answer


def _kind_of(answer: Any) -> object:
    return raised(answer) if _failed(answer) else type(answer).__name__


def _same(ours: Any, theirs: Any) -> bool:
    if not (_failed(ours) and _failed(theirs)):
        return bool(ours == theirs)
    return theirs["raised"][0] in ours["raised"] and ours["left"] == theirs["left"]


def _differences(
    sides: Mapping[str, _Side], case: Case, better: Better, crashes: tuple[str, ...]
) -> Iterator[_Difference]:
    line = json.dumps(case)
    for side in sides.values():
        side.ask(line)
    answers = {name: side.answer() for name, side in sides.items()}
    theirs = answers.pop("reference")
    for name, ours in answers.items():
        if _same(ours, theirs):
            continue
        crash = raised(theirs)
        if crash in crashes and raised(ours) not in crashes:
            reason: str | None = f"Alembic raises {crash}"
        else:
            reason = better(case, ours, theirs)
        yield _Difference(case, name, ours, theirs, reason)


def _smallest(
    sides: Mapping[str, _Side],
    case: Case,
    found: _Difference,
    better: Better,
    crashes: tuple[str, ...],
) -> _Difference:
    """Return a difference of the same shape with the smallest case that `_TRIES` attempts find."""
    tries = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in _without_one(found.case):
            if (tries := tries + 1) > _TRIES:
                return found
            again = [
                difference
                for difference in _differences(sides, candidate, better, crashes)
                if difference.reason is None and difference.shape == found.shape
            ]
            if again:
                found, smaller = again[0], True
                break
    return found


def _without_one(case: Case) -> Iterator[Case]:
    """Yield the case without one of its parts, the largest part first."""
    if isinstance(case, list):
        for index in range(len(case)):
            yield case[:index] + case[index + 1 :]
        for index, part in enumerate(case):
            for smaller in _without_one(part):
                yield [*case[:index], smaller, *case[index + 1 :]]
    elif isinstance(case, dict):
        for key in case:
            yield {name: value for name, value in case.items() if name != key}
        for key, part in case.items():
            for smaller in _without_one(part):
                yield {**case, key: smaller}


def _report(difference: _Difference, runner: Path, kind: str, seed: str, number: int) -> str:
    case = json.dumps(difference.case, indent=1)
    explain = (
        getattr(_load(runner), "explain", None) if "def explain(" in runner.read_text() else None
    )
    if explain is not None:
        case += f"\n\n{explain(difference.case)}"
    return (
        f"{kind}, case {number} of seed {seed}, made smaller (again: --seed {seed} --cases {number + 1})\n"
        f"{case}\n\n--- {difference.side}\n{_text(difference.ours)}\n\n--- Alembic\n{_text(difference.theirs)}"
    )


def _text(answer: Any) -> str:
    if _failed(answer):
        left = "" if answer["left"] is None else f"\n{json.dumps(answer['left'], indent=1)}"
        return f"{raised(answer)}: {answer['message']}{left}"
    return answer if isinstance(answer, str) else json.dumps(answer, indent=1)


# -- in the process that answers; nothing but the standard library from here on


def _load(runner: Path) -> Any:
    spec = importlib.util.spec_from_file_location(runner.stem, runner)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[runner.stem] = module
    spec.loader.exec_module(module)
    return module


def _class_names(error: BaseException) -> list[str]:
    names = []
    for cls in type(error).__mro__:
        module = cls.__module__
        if module == "limbeck" or module.startswith("limbeck."):
            module = module.replace("limbeck", "alembic", 1)
        names.append(f"{module}.{cls.__qualname__}")
    return names


def _serve(runner: Path, questions: IO[str], answers: IO[str]) -> None:
    # This file's folder would shadow the standard library's module `random`.
    sys.path[:] = [
        entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent
    ]
    run = _load(runner).run
    for line in questions:
        try:
            answer = run(json.loads(line))
        except Exception as error:  # noqa: BLE001 - any exception is an answer
            answer = {
                "raised": _class_names(error),
                "message": str(error),
                "left": getattr(error, "left", None),
            }
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


def _main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _serve(Path(sys.argv[1]), sys.stdin, answers)


if __name__ == "__main__":
    _main()
