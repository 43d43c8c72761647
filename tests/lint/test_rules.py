"""Each rule finds the problem of its wrong example, at its line, and nothing in its right example."""

import os
from pathlib import Path
from typing import Any

import pytest
from limbeck.lint.explain import explain
from limbeck.lint.output import FORMATS
from limbeck.lint.rule import Rule

from .linting import RULES, check_body, dialect_of, names

SNAPSHOTS = Path(__file__).with_name("snapshots")
_ABOUT_LOCKS = [rule for rule in RULES if rule.effect.lock and rule.example.before]
_OF_ONE_DIALECT = [rule for rule in RULES if rule.dialects]


def each(rules: list[Rule]) -> pytest.MarkDecorator:
    """Run a test with each of some rules."""
    return pytest.mark.parametrize("rule", rules, ids=lambda rule: rule.name)


def selecting(rule: Rule) -> dict[str, Any]:
    """Return the option that turns on a rule that is off by default."""
    return {"select": (rule.name,)} if rule.opt_in else {}


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an example import the models beside this file."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@each(RULES)
def test_wrong_example_is_found(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole report is compared with a file; `LIMBECK_UPDATE_SNAPSHOTS=1` writes it."""
    monkeypatch.chdir(tmp_path)
    example = rule.example
    report = check_body(
        tmp_path / "p",
        example.wrong,
        example.before,
        dialect_of(rule),
        example.beside,
        **selecting(rule),
    )
    assert set(names(report)) == {rule.name}
    assert not any("safe" in finding.message.lower() for finding in report.findings)
    text = FORMATS["text"](report) + "\n"
    snapshot = SNAPSHOTS / f"{rule.name}.txt"
    if os.environ.get("LIMBECK_UPDATE_SNAPSHOTS"):
        snapshot.write_text(text)
    assert text == snapshot.read_text()


@each(RULES)
def test_right_example_is_clean(rule: Rule, tmp_path: Path) -> None:
    example = rule.example
    report = check_body(
        tmp_path / "p",
        example.right,
        example.before,
        dialect_of(rule),
        example.beside,
        **selecting(rule),
    )
    assert names(report) == []
    assert not report.partly_known


@each(_ABOUT_LOCKS)
def test_wrong_example_is_exempt_on_a_new_table(rule: Rule, tmp_path: Path) -> None:
    """Nobody waits for a table that the same revision has made."""
    body = f"{rule.example.before}\n{rule.example.wrong}"
    report = check_body(tmp_path / "p", body, dialect=dialect_of(rule), **selecting(rule))
    assert rule.name not in names(report)


@each(_OF_ONE_DIALECT)
def test_rule_of_another_dialect_is_not_checked(rule: Rule, tmp_path: Path) -> None:
    other = "mysql" if rule.dialects == ("sqlite",) else "sqlite"
    example = rule.example
    report = check_body(tmp_path / "p", example.wrong, example.before, other, **selecting(rule))
    assert rule.name not in names(report)


@each(RULES)
def test_explanation_has_the_examples(rule: Rule) -> None:
    text = explain(rule)
    assert rule.example.wrong.splitlines()[0] in text
    assert rule.example.right.splitlines()[0] in text
    assert not rule.summary.endswith(":")


def test_snapshots_belong_to_rules() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == {rule.name for rule in RULES}
