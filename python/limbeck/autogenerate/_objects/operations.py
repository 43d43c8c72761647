"""The operations of objects, and how they are rendered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate._objects.objects import Key
from limbeck.autogenerate._objects.plan import Step
from limbeck.autogenerate.render import default_renderers, renderers
from limbeck.autogenerate.render.names import directive
from limbeck.autogenerate.render.script import render_op
from limbeck.operations import ops

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext

#: Stands before the statements of an object. An object is dropped only if a revision has made it, which these lines tell.
_MARK = "# limbeck.objects: {verb} {key}"
_MARKED = re.compile(r"^\s*# limbeck\.objects: create (.+?)\s*$", re.MULTILINE)
#: A statement as `text()` takes it: a colon before a word is a parameter there, and a backslash before a colon goes.
_PARAMETER = re.compile(r"(?<![:\w\x5c])(?=:\w+(?![:\w]))|(?=\x5c:\w*(?![:\w]))")
_SHORT = 80


class ObjectStepOp(ops.ExecuteSQLOp):
    """A change of one object.

    :param step: the change.
    """

    def __init__(self, step: Step) -> None:
        super().__init__(as_text(";\n".join(step.statements)))
        self.step = step

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (f"{self.step.verb}_{self.step.key.kind.replace(' ', '_')}", self.step.key.name)


class ObjectStepsOp(ops.OpContainer):
    """Changes of objects on one side of the changes of tables.

    :param steps: those of the upgrade.
    :param reverse_steps: those of the downgrade, at the same place.
    """

    def __init__(self, steps: Iterable[Step], reverse_steps: Iterable[Step]) -> None:
        self._steps, self._reverse_steps = list(steps), list(reverse_steps)
        super().__init__([ObjectStepOp(step) for step in self._steps])

    def reverse(self) -> ObjectStepsOp:
        return ObjectStepsOp(self._reverse_steps, self._steps)


def made_by_revisions(texts: Iterable[str]) -> set[str]:
    """Return the objects that revision files make, each as the text of its `Key`.

    :param texts: the contents of the files.
    """
    return {name for text in texts for name in _MARKED.findall(text)}


def as_text(statement: str) -> str:
    """Return a statement as `op.execute()` takes it."""
    return _PARAMETER.sub(r"\\", statement)


def _render_steps(context: AutogenContext, op: ObjectStepsOp) -> list[str]:
    return [line for part in op.ops for line in render_op(context, part)]


def _render_step(context: AutogenContext, op: ObjectStepOp) -> list[str]:
    """Render `execute()` for each statement, a literal for each line: their indentation is the server's."""
    step = op.step
    mark = _MARK.format(verb=step.verb, key=_on_one_line(step.key))
    return [mark, *(directive(context, "execute", [_literal(text)]) for text in step.statements)]


def _literal(statement: str) -> str:
    lines = as_text(statement).splitlines(keepends=True)
    if len(lines) == 1 and len(statement) <= _SHORT:
        return repr(lines[0])
    return "\n" + "\n".join(f"    {part!r}" for part in lines) + "\n"


def _on_one_line(key: Key) -> str:
    return " ".join(str(key).split())


for _registry in (default_renderers, renderers):
    _registry.dispatch_for(ObjectStepsOp)(_render_steps)
    _registry.dispatch_for(ObjectStepOp)(_render_step)
