"""The text of a revision file, and edits of it at places of the syntax tree."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

_NEWLINE = re.compile(r"\r\n|\r|\n")
_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


class UncertainError(Exception):
    """A rewrite is not certain; the text says why."""


@dataclass(frozen=True)
class _Edit:
    """A text that is inserted at an offset; edits of one offset apply in their order."""

    offset: int
    text: str


class SourceFile:
    """A file that is edited. Comments, formatting, encoding and line endings stay as they are.

    :param content: the bytes of the file.
    :raises UncertainError: it cannot be parsed.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
            self.text = content.decode(self._encoding)
            self.tree = ast.parse(content)
            # Lines that end with \r alone are one line for the tokenizer.
            if re.search(r"\r(?!\n)", self.text):
                raise UncertainError("the file has lines that end with a carriage return alone")
            self._tokens = list(
                tokenize.generate_tokens(io.StringIO(self.text, newline="").readline)
            )
        except (SyntaxError, ValueError, LookupError, tokenize.TokenError):
            raise UncertainError("the file cannot be parsed") from None
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(self.text))]
        self._starts.append(len(self.text))
        first = _NEWLINE.search(self.text)
        self.newline = first[0] if first else "\n"
        self._edits: list[_Edit] = []

    def content(self) -> bytes:
        """Return the bytes of the edited file.

        :raises UncertainError: the result cannot be parsed or encoded.
        """
        parts: list[str] = []
        position = 0
        for edit in sorted(self._edits, key=lambda edit: edit.offset):
            parts += [self.text[position : edit.offset], edit.text]
            position = edit.offset
        text = "".join([*parts, self.text[position:]])
        try:
            content = text.encode(self._encoding)
            ast.parse(content)
        except (SyntaxError, ValueError):
            raise UncertainError("the rewritten file could not be parsed") from None
        # The byte-order mark is a part of `utf-8-sig`.
        assert self._encoding != "utf-8-sig" or content.startswith(codecs.BOM_UTF8)
        return content

    def line(self, number: int) -> str:
        """Return a line without its end."""
        return self.text[self._starts[number - 1] : self._starts[number]].rstrip("\r\n")

    def comments_above(self, node: ast.stmt) -> Iterator[str]:
        """Yield the lines of comments between a statement and the one before."""
        for number in range(node.lineno - 1, 0, -1):
            line = self.line(number).strip()
            if line and not line.startswith("#"):
                return
            yield line

    def insert_lines(self, before: int, *lines: str) -> None:
        """Insert lines before a line, which may be the one after the last.

        :raises UncertainError: the file does not end with a line break.
        """
        offset = self._starts[before - 1]
        if offset == len(self.text) and not self.text.endswith("\n"):
            raise UncertainError("the file does not end with a line break")
        self._edits.append(_Edit(offset, "".join(f"{line}{self.newline}" for line in lines)))

    def indent(self, node: ast.stmt, indentation: str) -> None:
        """Indent the lines of a statement."""
        for number in range(node.lineno, _last_line(node) + 1):
            if self.line(number).strip():
                self._edits.append(_Edit(self._starts[number - 1], indentation))

    def indentation(self, node: ast.stmt) -> str:
        """Return the blanks before a statement.

        :raises UncertainError: it shares a line with another statement, or has a string of several lines.
        """
        start = self._offset(node.lineno, node.col_offset)
        blanks = self.text[self._starts[node.lineno - 1] : start]
        end = self._offset(_last_line(node), node.end_col_offset or 0)
        rest = self.text[end : self._starts[_last_line(node)]].strip()
        if blanks.strip() or (rest and not rest.startswith("#")):
            raise UncertainError("the statement shares a line with another one")
        if any(token.start[0] != token.end[0] for token in self._tokens_of(node)):
            raise UncertainError("the statement has a string of several lines")
        return blanks

    def add_keyword(self, call: ast.Call, argument: str, indentation: str = "") -> None:
        """Add a keyword argument to a call, on a line of its own if the closing parenthesis has one.

        :param call: the call.
        :param argument: the text of the argument.
        :param indentation: blanks by which the lines of the call are indented too.
        """
        tokens = [token for token in self._tokens_of(call) if token.type not in _LAYOUT]
        closing, last = tokens[-1], tokens[-2]
        if closing.string != ")":
            raise UncertainError("the call does not end with a parenthesis")
        end = self._starts[last.end[0] - 1] + last.end[1]
        is_first = last.string == "("
        comma = "" if is_first or last.string == "," else ","
        if self.line(closing.start[0])[: closing.start[1]].strip() or is_first:
            trailing = "," if last.string == "," else ""
            blank = "" if is_first else " "
            self._edits.append(_Edit(end, f"{comma}{blank}{argument}{trailing}"))
            return
        if comma:
            self._edits.append(_Edit(end, comma))
        # As the first argument of the last line, whose own line may be that of an inner bracket.
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        lines = [self.line(node.lineno) for node in arguments if node.lineno > call.lineno]
        line = lines[0] if lines else self.line(call.lineno)
        blanks = line[: len(line) - len(line.lstrip())]
        self._edits.append(
            _Edit(
                self._starts[closing.start[0] - 1],
                f"{indentation}{blanks}{argument},{self.newline}",
            )
        )

    def _offset(self, line: int, column: int) -> int:
        """Return the offset of a place of the syntax tree, whose columns are bytes of UTF-8."""
        start = self._starts[line - 1]
        return start + len(self.line(line).encode()[:column].decode())

    def _tokens_of(self, node: ast.expr | ast.stmt) -> list[tokenize.TokenInfo]:
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return [
            token
            for token in self._tokens
            if start <= self._starts[token.start[0] - 1] + token.start[1] < end
        ]


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno
