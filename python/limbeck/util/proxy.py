"""Modules whose functions call the methods of a current object: `op` and `context`.

There is one current object per execution context (`contextvars`), so that several environments can run in one
process, in asyncio tasks or threads. A context without one (a thread started by env.py) uses the object that
was installed last.
"""

from __future__ import annotations

import threading
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

_Namespace = MutableMapping[str, Any]

#: The module attribute with the object installed last; projects and tests read and set it.
_CURRENT = "_proxy"


class _ProxyModule:
    """A module that exposes the methods of a class as functions."""

    def __init__(self, cls: type, namespace: _Namespace, functions: _Namespace) -> None:
        self.cls = cls
        self.namespace = namespace
        self.functions = functions
        self.active: list[Any] = []
        #: The objects that are installed in this execution context, the innermost last.
        self.in_context: ContextVar[tuple[Any, ...]] = ContextVar(
            f"current {cls.__name__}", default=()
        )
        self._installed: Any = None
        self._lock = threading.Lock()
        for name in dir(cls):
            if not name.startswith("_") and callable(getattr(cls, name)):
                self.add_function(name)
        namespace["__getattr__"] = self._get_attribute

    def enter(self, obj: Any) -> None:
        with self._lock:
            self.active.append(obj)
            self._publish(obj)
        self.in_context.set((*self.in_context.get(), obj))

    def leave(self, obj: Any) -> None:
        with self._lock:
            self.active = [other for other in self.active if other is not obj]
            self._publish(self.active[-1] if self.active else None)
        self.in_context.set(tuple(other for other in self.in_context.get() if other is not obj))

    def _publish(self, obj: Any) -> None:
        self._installed = obj
        self.namespace[_CURRENT] = obj

    def current(self, wanted: str) -> Any:
        if _CURRENT not in self.namespace:
            raise NameError(
                f"Can't invoke function '{wanted}', as the proxy object has not yet been "
                f"established for the Alembic '{self.cls.__name__}' class.  Try placing this "
                "code inside a callable."
            )
        with self._lock:  # another thread may be within _publish()
            published, installed = self.namespace[_CURRENT], self._installed
            active = self.active
        if published is not installed:
            return published  # a value that a project has set takes precedence
        for candidate in reversed(self.in_context.get()):
            if any(candidate is obj for obj in active):
                return candidate
        return published

    def add_function(self, name: str) -> None:
        """Add a function to the module that calls the method of that name."""

        def call(*args: Any, **kw: Any) -> Any:
            return getattr(self.current(name), name)(*args, **kw)

        call.__name__ = call.__qualname__ = name
        call.__module__ = self.namespace.get("__name__", call.__module__)
        call.__doc__ = getattr(self.cls, name).__doc__
        self.functions[name] = call

    def _get_attribute(self, name: str) -> Any:
        """Return attributes that are not methods, such as `context.config`."""
        if not name.startswith("_") and self.namespace.get(_CURRENT) is not None:
            exists = getattr(self.cls, name, self) is not self
            if exists:
                return getattr(self.current(name), name)
        module_name = str(self.namespace.get("__name__")).replace("limbeck", "alembic", 1)
        raise AttributeError(f"module {module_name!r} has no attribute {name!r}")


class _FollowMethods(type):
    """Metaclass that also exposes methods added to a class later, such as custom operations."""

    def __setattr__(cls, key: str, value: Any) -> None:
        super().__setattr__(key, value)
        if key.startswith("_") or not callable(value):
            return
        for module in _PROXY_MODULES:
            if issubclass(module.cls, cls):
                module.add_function(key)


_PROXY_MODULES: list[_ProxyModule] = []

#: The instances that are current in any context, in the order of their installation.
_INSTALLED: list[ModuleClsProxy] = []


class ModuleClsProxy(metaclass=_FollowMethods):
    """A class whose methods a module can expose as functions."""

    @classmethod
    def create_module_class_proxy(cls, globals_: _Namespace, locals_: _Namespace) -> None:
        """Add functions to a module that call the methods of the current instance.

        :param globals_: the `globals()` of the module
        :param locals_: its `locals()`, which receive the functions
        """
        module = _ProxyModule(cls, globals_, locals_)
        _PROXY_MODULES.append(module)
        # env.py may be the first to import the module, when an instance is installed already.
        for obj in _INSTALLED:
            if type(obj) is cls:
                module.enter(obj)

    def _proxy_modules(self) -> list[_ProxyModule]:
        return [module for module in _PROXY_MODULES if module.cls is type(self)]

    def _install_proxy(self) -> None:
        """Make this instance the current one."""
        _INSTALLED.append(self)
        for module in self._proxy_modules():
            module.enter(self)

    def _remove_proxy(self) -> None:
        """Stop making this instance the current one."""
        _INSTALLED[:] = [other for other in _INSTALLED if other is not self]
        for module in self._proxy_modules():
            module.leave(self)
