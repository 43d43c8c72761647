"""Comparison of column types by their DDL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection


class Params(NamedTuple):
    """The parts of a type in DDL.

    `VARCHAR(50) COLLATE x` has the first word `varchar`, the further words `collate` and `x`, and
    the argument `50`.
    """

    token0: str
    tokens: list[str]
    args: list[str]
    kwargs: dict[str, str]


_WORD_OR_PARENTHESES = re.compile(r"[\w\-_]+|\(.+?\)")
_ARGUMENT = re.compile(r"[^(),]+")


def tokenize(definition: str) -> Params:
    """Split a type into its parts.

    :param definition: the type as the backend's type compiler writes it.
    """
    words: list[str] = []
    args: list[str] = []
    kwargs: dict[str, str] = {}
    for piece in _WORD_OR_PARENTHESES.findall(definition.lower()):
        if not piece.startswith("("):
            words.append(piece)
            continue
        for argument in _ARGUMENT.findall(piece):
            name, equals, value = argument.partition("=")
            if equals:
                kwargs[name.strip()] = value.strip()
            else:
                args.append(argument.strip())
    return Params(words[0] if words else "", words[1:], args, kwargs)


def same_type(inspected: Params, metadata: Params, synonyms: Sequence[Collection[str]]) -> bool:
    """Return whether two types have the same name or synonymous names.

    :param inspected: the type in the database.
    :param metadata: the type in the model.
    :param synonyms: sets of upper-case names that mean the same type.
    """
    if inspected.token0 == metadata.token0:
        return True
    inspected_names, metadata_names = _names(inspected), _names(metadata)
    for synonym in synonyms:
        group = {name.lower() for name in synonym}
        if inspected_names & group and metadata_names & group:
            return True
    return False


def _names(type_: Params) -> set[str]:
    """Return the names by which synonyms may list a type: its first word, and all words."""
    return {type_.token0, " ".join([type_.token0, *type_.tokens])}


def same_arguments(inspected: Params, metadata: Params, extract: Sequence[str]) -> bool:
    """Return whether two types of the same name have the same arguments.

    Words and positional arguments are compared only if both types have the same number of them,
    named arguments only if both types have some. What is left out is taken to be the default.

    :param inspected: the type in the database.
    :param metadata: the type in the model.
    :param extract: patterns that find further arguments among the words of a type.
    """
    if len(inspected.tokens) == len(metadata.tokens) and inspected.tokens != metadata.tokens:
        return False
    if len(inspected.args) == len(metadata.args) and inspected.args != metadata.args:
        return False
    if inspected.kwargs != metadata.kwargs and inspected.kwargs and metadata.kwargs:
        return False
    inspected_words, metadata_words = " ".join(inspected.tokens), " ".join(metadata.tokens)
    for pattern in extract:
        present, wanted = re.search(pattern, inspected_words), re.search(pattern, metadata_words)
        if present and wanted and present.groups() != wanted.groups():
            return False
    return True
