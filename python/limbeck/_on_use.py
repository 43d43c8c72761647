"""Names that a module shows without importing them before somebody asks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any


def show_on_use(namespace: MutableMapping[str, Any]) -> None:
    """Let a module show the names that `_incidental` lists for it, beside those it has.

    Type checkers do not see them: a misspelt name stays an error.

    :param namespace: the module's `globals()`, when all else in it is defined.
    """
    own: Callable[[str], Any] | None = namespace.get("__getattr__")
    # A module that is loaded again calls itself `alembic.X`.
    module = "limbeck." + namespace["__name__"].partition(".")[2]

    def __getattr__(name: str) -> Any:
        if own is None:
            shown = namespace["__name__"]  # `alembic.X` by now
            problem = AttributeError(f"module {shown!r} has no attribute {name!r}")
        else:
            try:
                return own(name)
            except AttributeError as error:
                problem = error
        if name.startswith("__"):
            raise problem
        from limbeck._incidental import find

        try:
            return find(module, name)
        except AttributeError:
            raise problem from None

    namespace["__getattr__"] = __getattr__
