"""Modules whose functions are the methods of an object that is current: `op` and `context`.

The current object is found per execution context (`contextvars`), so that environments which run
side by side in one process, in asyncio tasks or threads, each see their own. Where the context
knows none (a thread that env.py started itself), it is the one installed last.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

_Namespace = MutableMapping[str, Any]

#: The name under which a module holds the object installed last; projects and tests read and set it.
_CURRENT = "_proxy"


class _Stage:
    """The instances of a class that are current, whether or not a module shows them yet."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.faces: list[_Face] = []
        self._active: list[Any] = []
        self._mine: ContextVar[Any] = ContextVar(f"current {cls.__name__}", default=None)
        self._lock = threading.Lock()

    def enter(self, obj: Any) -> None:
        with self._lock:
            self._active.append(obj)
            self._publish()
        self._mine.set(obj)

    def leave(self, obj: Any) -> None:
        with self._lock:
            self._active = [other for other in self._active if other is not obj]
            self._publish()
        if self._mine.get() is obj:
            self._mine.set(None)

    def _publish(self) -> None:
        for face in self.faces:
            face.publish(self.latest())

    def latest(self) -> Any:
        """The instance installed last, or `None`."""
        return self._active[-1] if self._active else None

    def current(self) -> Any:
        """The instance of this execution context, else the one installed last."""
        mine = self._mine.get()
        if mine is not None and any(mine is obj for obj in self._active):
            return mine
        return self.latest()


class _Face:
    """One module that shows the methods of the current instance."""

    def __init__(self, stage: _Stage, namespace: _Namespace, functions: _Namespace) -> None:
        self.stage = stage
        self.namespace = namespace
        self.functions = functions
        self._published: Any = None
        cls = stage.cls
        for name in dir(cls):
            if not name.startswith("_") and callable(getattr(cls, name)):
                self.show(name)
        namespace["__getattr__"] = self._attribute
        if stage.latest() is not None:
            self.publish(stage.latest())

    def publish(self, obj: Any) -> None:
        self._published = self.namespace[_CURRENT] = obj

    def current(self, wanted: str) -> Any:
        if _CURRENT not in self.namespace:
            raise NameError(
                f"Can't invoke function '{wanted}', as the proxy object has not yet been "
                f"established for the Alembic '{self.stage.cls.__name__}' class.  Try placing this "
                "code inside a callable."
            )
        named = self.namespace[_CURRENT]
        if named is not self._published:
            return named  # somebody set it by hand, and means it
        return self.stage.current()

    def show(self, name: str) -> None:
        """Put a function into the module that calls the method of that name."""

        def call(*args: Any, **kw: Any) -> Any:
            return getattr(self.current(name), name)(*args, **kw)

        call.__name__ = call.__qualname__ = name
        call.__module__ = self.namespace.get("__name__", call.__module__)
        call.__doc__ = inspect.getdoc(getattr(self.stage.cls, name))
        self.functions[name] = call

    def _attribute(self, name: str) -> Any:
        """Answer for attributes that are not methods, such as `context.config`."""
        if not name.startswith("_") and self.namespace.get(_CURRENT) is not None:
            known = getattr(self.stage.cls, name, self) is not self
            if known:
                return getattr(self.current(name), name)
        shown = str(self.namespace.get("__name__")).replace("limbeck", "alembic", 1)
        raise AttributeError(f"module {shown!r} has no attribute {name!r}")


class _FollowMethods(type):
    """Shows methods that are added to a class later, such as custom operations, as well."""

    def __setattr__(cls, key: str, value: Any) -> None:
        super().__setattr__(key, value)
        if key.startswith("_") or not callable(value):
            return
        for stage in _STAGES.values():
            if issubclass(stage.cls, cls):
                for face in stage.faces:
                    face.show(key)


_STAGES: dict[type, _Stage] = {}


def _stage(cls: type) -> _Stage:
    return _STAGES.setdefault(cls, _Stage(cls))


#: The instances that are current somewhere, in the order in which they became so.
_INSTALLED: list[ModuleClsProxy] = []


class ModuleClsProxy(metaclass=_FollowMethods):
    """A class whose methods a module can show as functions."""

    @classmethod
    def create_module_class_proxy(cls, globals_: _Namespace, locals_: _Namespace) -> None:
        """Fill a module with functions that call the methods of the current instance.

        :param globals_: the `globals()` of the module
        :param locals_: its `locals()`, where the functions go
        """
        face = _Face(cls, globals_, locals_)
        _FACES.append(face)
        # The module may be imported only once an instance is at work: env.py is its first user.
        for obj in _INSTALLED:
            if type(obj) is cls:
                face.enter(obj)

    def _faces(self) -> list[_Face]:
        return [face for face in _FACES if face.cls is type(self)]

    def _install_proxy(self) -> None:
        """Make this instance the current one."""
        _INSTALLED.append(self)
        _stage(type(self)).enter(self)

    def _remove_proxy(self) -> None:
        """Make this instance the current one no longer."""
        _INSTALLED[:] = [other for other in _INSTALLED if other is not self]
        _stage(type(self)).leave(self)
