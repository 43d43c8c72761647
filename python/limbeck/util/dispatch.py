"""Registries of handlers: look one up by type, or run several by priority."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from enum import Enum, IntEnum
from typing import Any, TypeVar

_Fn = TypeVar("_Fn", bound=Callable[..., Any])

_ANY = "default"


class Dispatcher:
    """Finds the handler of an object: by name, or by the nearest class in its MRO."""

    def __init__(self) -> None:
        self._registry: dict[tuple[Any, str], Any] = {}

    def dispatch_for(
        self, target: Any, *, qualifier: str = _ANY, replace: bool = False
    ) -> Callable[[_Fn], _Fn]:
        """Return a decorator that registers a handler.

        :param target: a class, or a name
        :param qualifier: a variant, such as a dialect's name
        :param replace: allow replacing a registered handler
        :raises ValueError: when decorating, if a handler is registered and `replace` is not set
        """

        def register(fn: _Fn) -> _Fn:
            key = (target, qualifier)
            if key in self._registry and not replace:
                raise ValueError(
                    f"Can not set dispatch function for object {target!r}: key already exists. "
                    "To replace existing function, use replace=True."
                )
            self._registry[key] = fn
            return fn

        return register

    def dispatch(self, obj: Any, qualifier: str = _ANY) -> Any:
        """Return the handler of `obj`: the one for `qualifier`, otherwise the general one.

        :param obj: a name, a class, or an instance, which stands for its class
        :raises ValueError: if there is no handler
        """
        for candidate in _lineage(obj):
            for variant in (qualifier, _ANY):
                handler = self._registry.get((candidate, variant))
                if handler is not None:
                    return handler
        raise ValueError(f"no dispatch function for object: {obj}")

    def branch(self) -> Dispatcher:
        """Return an independent copy."""
        copy = Dispatcher()
        copy._registry.update(self._registry)
        return copy


def _lineage(obj: Any) -> tuple[Any, ...]:
    if isinstance(obj, str):
        return (obj,)
    return (obj if isinstance(obj, type) else type(obj)).__mro__


class DispatchPriority(IntEnum):
    """The order in which handlers of a :class:`PriorityDispatcher` run."""

    FIRST = 50
    MEDIUM = 25
    LAST = 10


class PriorityDispatchResult(Enum):
    """The result of a handler of a :class:`PriorityDispatcher`: whether the next ones run."""

    CONTINUE = 1
    """Run the rest of the subgroup."""

    STOP = 2
    """Skip the rest of the subgroup."""


class PriorityDispatcher:
    """Runs the handlers of named events in order of priority."""

    def __init__(self) -> None:
        #: A defaultdict, because tests of other packages read it and expect empty lists.
        self._registry: defaultdict[
            tuple[str, str, DispatchPriority], list[tuple[Any, str | None]]
        ] = defaultdict(list)

    def dispatch_for(
        self,
        target: str,
        *,
        priority: DispatchPriority = DispatchPriority.MEDIUM,
        qualifier: str = _ANY,
        subgroup: str | None = None,
    ) -> Callable[[_Fn], _Fn]:
        """Return a decorator that adds a handler.

        :param target: the event
        :param priority: handlers of a higher priority run first
        :param qualifier: a variant, such as a dialect's name
        :param subgroup: a handler can skip the rest of its subgroup with
            :attr:`PriorityDispatchResult.STOP`
        """

        def register(fn: _Fn) -> _Fn:
            self._registry[target, qualifier, priority].append((fn, subgroup))
            return fn

        return register

    def _in_order(self, target: str, qualifier: str) -> Iterator[tuple[Any, str | None]]:
        variants = dict.fromkeys((qualifier, _ANY))
        for priority in DispatchPriority:
            for variant in variants:
                yield from self._registry.get((target, variant, priority), ())

    def dispatch(self, target: str, *, qualifier: str = _ANY) -> Callable[..., None]:
        """Return a function that calls each handler of the event with its arguments.

        Handlers of `qualifier` run before general ones of the same priority. Without handlers, the
        function does nothing.
        """

        handlers = tuple(self._in_order(target, qualifier))

        def run_all(*args: Any, **kw: Any) -> None:
            stopped: set[str | None] = set()
            for fn, subgroup in handlers:
                if subgroup in stopped:
                    continue
                if fn(*args, **kw) is PriorityDispatchResult.STOP:
                    stopped.add(subgroup)

        return run_all

    def branch(self) -> PriorityDispatcher:
        """Return an independent copy."""
        copy = PriorityDispatcher()
        copy.populate_with(self)
        return copy

    def populate_with(self, other: PriorityDispatcher) -> None:
        """Append the handlers of another dispatcher."""
        for key, handlers in other._registry.items():
            self._registry[key].extend(handlers)
