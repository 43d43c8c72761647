"""Comments in revision files that suppress findings: `# limbeck: ignore[rule] reason`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from limbeck.lint.finding import Finding

_COMMENT = re.compile(r"#\s*limbeck:\s*ignore(?:\[(?P<rules>[^\]]*)\])?(?P<reason>.*)", re.DOTALL)


@dataclass
class Ignore:
    """A comment that suppresses findings.

    :ivar line: the line of the comment.
    :ivar first: the first line of its statement.
    :ivar last: the last line.
    :ivar rules: the rules; empty for a comment without a list.
    :ivar reason: the text after the list.
    :ivar used: which of the rules have suppressed a finding.
    """

    line: int
    first: int
    last: int
    rules: tuple[str, ...]
    reason: str
    used: set[str]


def read_ignores(source: bytes) -> list[Ignore]:
    """Return the comments of a file. One on a line of its own belongs to the next statement, another to its own statement.

    :param source: the bytes of the file; empty if it cannot be tokenized.
    """
    found: list[Ignore] = []
    if b"limbeck" not in source:
        return found
    waiting: list[Ignore] = []
    started: int | None = None
    here: list[Ignore] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            line = token.start[0]
            if token.type == tokenize.COMMENT:
                match = _COMMENT.match(token.string)
                if match is not None:
                    names = tuple(n.strip() for n in (match["rules"] or "").split(",") if n.strip())
                    ignore = Ignore(line, line, line, names, match["reason"].strip(" :-"), set())
                    found.append(ignore)
                    (waiting if started is None else here).append(ignore)
            elif token.type == tokenize.NEWLINE:
                for ignore in (*waiting, *here):
                    ignore.first, ignore.last = started or line, line
                waiting, here, started = [], [], None
            elif started is None and token.type not in _LAYOUT:
                started = line
    except (tokenize.TokenError, SyntaxError):
        return found  # the import reports what is wrong with the file
    return found


_LAYOUT = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)


def apply(
    findings: Iterable[Finding],
    ignores: list[Ignore],
    path: str,
    revision: str,
    *,
    require_reason: bool,
    selected: frozenset[str],
    known: frozenset[str],
) -> tuple[list[Finding], int]:
    """Return the findings of a file that no comment suppresses, those about the comments, and how many were suppressed.

    :param findings: the findings of the file.
    :param ignores: its comments.
    :param path: its path, for findings about comments.
    :param revision: its revision, as for `path`.
    :param require_reason: report comments without a reason.
    :param selected: the rules that were checked: a comment for others is not reported as unused.
    :param known: all rules.
    """
    kept: list[Finding] = []
    suppressed = 0
    for finding in findings:
        hits = [i for i in ignores if _suppresses(i, finding)]
        for ignore in hits:
            ignore.used.add(finding.rule)
        suppressed += bool(hits)
        if not hits:
            kept.append(finding)
    for ignore in ignores:
        if "unused-ignore" not in selected:
            continue
        for message in _complaints(ignore, require_reason, selected, known):
            kept.append(Finding("unused-ignore", "warning", message, path, ignore.line, revision))
    return kept, suppressed


def _suppresses(ignore: Ignore, finding: Finding) -> bool:
    if finding.line is None:
        return finding.rule in ignore.rules
    is_here = ignore.first <= finding.line <= ignore.last or finding.line == ignore.line
    return is_here and finding.rule in ignore.rules


def _complaints(
    ignore: Ignore, require_reason: bool, selected: frozenset[str], known: frozenset[str]
) -> list[str]:
    if not ignore.rules:
        return ["the comment names no rule: write `# limbeck: ignore[rule] reason`"]
    unused = [name for name in ignore.rules if name in selected and name not in ignore.used]
    messages = [f"there is no rule {name}" for name in ignore.rules if name not in known]
    messages += [f"the comment ignores {name}, which finds nothing here" for name in unused]
    if require_reason and not ignore.reason:
        messages.append("the comment gives no reason, which lint_require_reason asks for")
    return messages
