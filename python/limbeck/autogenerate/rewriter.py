"""Rewriting the directives of a new revision, type by type."""

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
    """A `process_revision_directives` hook made of functions for single types of directive.

    Each function is given the `MigrationContext`, the revision and one directive of its
    type, and returns what is to stand in its place: the same directive, another one, or a
    list of any number of them. The rewriter itself walks through the structure.
    """

    _chained: tuple[ProcessRevisionDirectiveFn | Rewriter, ...] = ()

    #: How to get at the parts of each kind of directive.
    _traverse: ClassVar[util.Dispatcher] = util.Dispatcher()

    def __init__(self) -> None:
        self.dispatch = util.Dispatcher()

    def chain(self, other: ProcessRevisionDirectiveFn | Rewriter) -> Rewriter:
        """Return a rewriter that does what this one does, and then what `other` does.

        :param other: a rewriter or any other `process_revision_directives` function.
        """
        both = self.__class__.__new__(self.__class__)
        both.__dict__.update(self.__dict__, _chained=(*self._chained, other))
        return both

    def rewrites(
        self,
        operator: (
            type[AddColumnOp | MigrateOperation | AlterColumnOp | CreateTableOp | ModifyTableOps]
        ),
    ) -> Callable[..., Any]:
        """Register the decorated function for a type of directive.

        :param operator: the type; the function is called for its subclasses also.
        """
        return self.dispatch.dispatch_for(operator)

    def __call__(
        self,
        context: MigrationContext,
        revision: _GetRevArg,
        directives: list[MigrationScript],
    ) -> None:
        """Be a `process_revision_directives` hook: rewrite, then let the chained ones run."""
        self.process_revision_directives(context, revision, directives)
        for following in self._chained:
            following(context, revision, directives)

    def process_revision_directives(
        self,
        context: MigrationContext,
        revision: _GetRevArg,
        directives: list[MigrationScript],
    ) -> None:
        """Rewrite the directives in place.

        :param context: passed on to the functions.
        :param revision: passed on to the functions.
        :param directives: the scripts about to be written.
        :raises ValueError: if the upgrade or the downgrade part is replaced by none or several.
        """
        directives[:] = self._rewritten(context, revision, directives)

    def _rewritten(
        self, context: MigrationContext, revision: _GetRevArg, directives: list[Any]
    ) -> list[Any]:
        """Replace each directive, then the parts of what replaces it."""
        result = []
        for directive in list(directives):
            for replacement in self._replacements(context, revision, directive):
                self._descend(context, revision, replacement)
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
        # What a rewriter has produced it does not see again: its own output would be
        # rewritten for ever, and a second pass over the same script would do it all twice.
        if self in _rewriters_of(directive):
            yield directive
            return
        for replacement in util.to_list(function(context, revision, directive), []):
            replacement._mutations = _rewriters_of(replacement) | {self}
            yield replacement

    def _descend(self, context: MigrationContext, revision: _GetRevArg, directive: Any) -> None:
        try:
            into_parts = self._traverse.dispatch(directive)
        except ValueError:  # a directive without parts
            return
        # packages register functions of these four parameters for directives of their own
        into_parts(self, context, revision, directive)

    def _only_one(
        self, context: MigrationContext, revision: _GetRevArg, parts: list[Any], kind: str
    ) -> list[Any]:
        """Rewrite parts of which each may be replaced by one other only."""
        result = []
        for part in parts:
            replaced = self._rewritten(context, revision, [part])
            if len(replaced) != 1:
                raise ValueError(f"Can only return single object for {kind} traverse")
            result += replaced
        return result


def _rewriters_of(directive: Any) -> frozenset[Rewriter]:
    """The rewriters that a directive comes from; one that is no `MigrateOperation` may not know."""
    return getattr(directive, "_mutations", frozenset())


@Rewriter._traverse.dispatch_for(ops.MigrationScript)
def _into_script(
    rewriter: Rewriter,
    context: MigrationContext,
    revision: _GetRevArg,
    directive: ops.MigrationScript,
) -> None:
    directive.upgrade_ops = rewriter._only_one(
        context, revision, directive.upgrade_ops_list, "UpgradeOps"
    )
    directive.downgrade_ops = rewriter._only_one(
        context, revision, directive.downgrade_ops_list, "DowngradeOps"
    )


@Rewriter._traverse.dispatch_for(ops.OpContainer)
def _into_container(
    rewriter: Rewriter, context: MigrationContext, revision: _GetRevArg, directive: ops.OpContainer
) -> None:
    directive.ops[:] = rewriter._rewritten(context, revision, directive.ops)
