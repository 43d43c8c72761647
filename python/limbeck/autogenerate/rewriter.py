"""Rewriting the directives of a new revision, by type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from limbeck import util
from limbeck.operations import ops

if TYPE_CHECKING:
    from limbeck.operations.ops import (
        AddColumnOp,
        AlterColumnOp,
        CreateTableOp,
        MigrateOperation,
        MigrationScript,
        ModifyTableOps,
    )
    from limbeck.runtime.environment import ProcessRevisionDirectiveFn, _GetRevArg
    from limbeck.runtime.migration import MigrationContext


class Rewriter:
    """A `process_revision_directives` hook made of one function per type of directive.

    A function gets the `MigrationContext`, the revision and one directive of its type, and
    returns the replacement: the same directive, another one, or a list. The rewriter
    traverses the containers.
    """

    _chained: tuple[ProcessRevisionDirectiveFn | Rewriter, ...] = ()

    #: The functions that rewrite the parts of each type of directive.
    _traverse: ClassVar[util.Dispatcher] = util.Dispatcher()

    def __init__(self) -> None:
        self.dispatch = util.Dispatcher()

    def chain(self, other: ProcessRevisionDirectiveFn | Rewriter) -> Rewriter:
        """Return a rewriter that runs this one, and then `other`.

        :param other: a rewriter, or any other `process_revision_directives` function.
        """
        chained = self.__class__.__new__(self.__class__)
        chained.__dict__.update(self.__dict__, _chained=(*self._chained, other))
        return chained

    def rewrites(
        self,
        operator: (
            type[AddColumnOp | MigrateOperation | AlterColumnOp | CreateTableOp | ModifyTableOps]
        ),
    ) -> Callable[..., Any]:
        """Register the decorated function for a type of directive.

        :param operator: the type; subclasses are included.
        """
        return self.dispatch.dispatch_for(operator)

    def __call__(
        self,
        context: MigrationContext,
        revision: _GetRevArg,
        directives: list[MigrationScript],
    ) -> None:
        """Rewrite the directives, then run the chained hooks."""
        self.process_revision_directives(context, revision, directives)
        for hook in self._chained:
            hook(context, revision, directives)

    def process_revision_directives(
        self,
        context: MigrationContext,
        revision: _GetRevArg,
        directives: list[MigrationScript],
    ) -> None:
        """Rewrite the directives in place.

        :param context: passed on to the functions.
        :param revision: passed on to the functions.
        :param directives: the scripts to rewrite.
        :raises ValueError: if an `UpgradeOps` or `DowngradeOps` is replaced by none or by several.
        """
        directives[:] = self._rewrite_all(context, revision, directives)

    def _rewrite_all(
        self, context: MigrationContext, revision: _GetRevArg, directives: list[Any]
    ) -> list[Any]:
        """Replace each directive, then the parts of its replacement."""
        result = []
        for directive in list(directives):
            for replacement in self._replacements(context, revision, directive):
                self._rewrite_parts(context, revision, replacement)
                result.append(replacement)
        return result

    def _replacements(
        self, context: MigrationContext, revision: _GetRevArg, directive: Any
    ) -> Iterator[Any]:
        try:
            function = self.dispatch.dispatch(directive)
        except ValueError:  # no function for this type
            yield directive
            return
        # A rewriter skips its own output. Otherwise a replacement that contains the directive
        # would be rewritten without end, and a second pass would rewrite everything again.
        if self in _rewriters_of(directive):
            yield directive
            return
        for replacement in util.to_list(function(context, revision, directive), []):
            replacement._mutations = _rewriters_of(replacement) | {self}
            yield replacement

    def _rewrite_parts(
        self, context: MigrationContext, revision: _GetRevArg, directive: Any
    ) -> None:
        try:
            rewrite_parts = self._traverse.dispatch(directive)
        except ValueError:  # a directive without parts
            return
        # packages register functions with these four parameters for their own directives
        rewrite_parts(self, context, revision, directive)

    def _rewrite_one_to_one(
        self, context: MigrationContext, revision: _GetRevArg, parts: list[Any], kind: str
    ) -> list[Any]:
        """Rewrite parts, each of which must have exactly one replacement."""
        result = []
        for part in parts:
            replaced = self._rewrite_all(context, revision, [part])
            if len(replaced) != 1:
                raise ValueError(f"Can only return single object for {kind} traverse")
            result += replaced
        return result


def _rewriters_of(directive: Any) -> frozenset[Rewriter]:
    """Return the rewriters that produced a directive; none if it is not a `MigrateOperation`."""
    return getattr(directive, "_mutations", frozenset())


@Rewriter._traverse.dispatch_for(ops.MigrationScript)
def _rewrite_script_parts(
    rewriter: Rewriter,
    context: MigrationContext,
    revision: _GetRevArg,
    directive: ops.MigrationScript,
) -> None:
    directive.upgrade_ops = rewriter._rewrite_one_to_one(
        context, revision, directive.upgrade_ops_list, "UpgradeOps"
    )
    directive.downgrade_ops = rewriter._rewrite_one_to_one(
        context, revision, directive.downgrade_ops_list, "DowngradeOps"
    )


@Rewriter._traverse.dispatch_for(ops.OpContainer)
def _rewrite_container_parts(
    rewriter: Rewriter, context: MigrationContext, revision: _GetRevArg, directive: ops.OpContainer
) -> None:
    directive.ops[:] = rewriter._rewrite_all(context, revision, directive.ops)
