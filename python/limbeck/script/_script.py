"""The class `Script`: a revision with its file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, cast

from limbeck import _core, util
from limbeck.script.revision import Revision

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from limbeck._core import Header
    from limbeck.script.base import ScriptDirectory

_PathLike = str | os.PathLike[str]

#: The name of a file without `revision`; its stem is the identifier.
_ID_IN_NAME = re.compile(r"([a-f0-9]+)\.py$")


class Script(Revision):
    """A revision and its file."""

    #: The module name of the class in tracebacks and pickles.
    __module__ = "alembic.script.base"

    #: Whether this is a current revision of the database; `None` if the database was not read.
    _db_current_indicator: bool | None = None

    revision: str
    """The revision's identifier."""

    down_revision: str | tuple[str, ...] | None
    """The parent, or a tuple of parents; `None` for a base."""

    dependencies: str | tuple[str, ...] | None
    """The dependency, or a tuple of dependencies; `None` if there are none."""

    path: str
    """The path of the file."""

    def __init__(self, module: ModuleType, rev_id: str, path: _PathLike) -> None:
        """
        :param module: the imported file.
        :param rev_id: the revision's identifier.
        :param path: the path of the file.
        :raises AttributeError: if the module has no `down_revision`.
        """
        self.path = os.fspath(path)
        self._module: ModuleType | None = module
        self._docstring: str | None = None
        super().__init__(
            rev_id,
            _as_tuple(module.down_revision),
            dependencies=_as_tuple(getattr(module, "depends_on", None)),
            branch_labels=_as_tuple(getattr(module, "branch_labels", None)),
        )

    @classmethod
    def _from_header(cls, header: Header, module: ModuleType | None = None) -> Script:
        """Create a script from a header; the file is usually not imported."""
        script = cls.__new__(cls)
        script.path = os.fspath(header.path)
        script._module = module
        # With None, `longdoc` reads the module's docstring, which may contain lone surrogates; the header's cannot.
        script._docstring = None if _has_docstring(module) else header.doc or ""
        Revision.__init__(
            script,
            header.revision,
            tuple(header.down_revision),
            tuple(header.depends_on),
            tuple(header.branch_labels),
        )
        return script

    @classmethod
    def _list_py_dir(cls, scriptdir: ScriptDirectory, path: Path) -> list[Path]:
        """Return the files in a version location; projects override this to exclude some."""
        from limbeck.script._loading import list_files

        return list_files(
            path,
            recursive=scriptdir.recursive_version_locations,
            sourceless=scriptdir.sourceless,
        )

    @classmethod
    def _from_path(cls, scriptdir: ScriptDirectory, path: _PathLike) -> Script | None:
        """Import a file and return its script; `None` if the file is not a revision file, or another one is preferred.

        :raises CommandError: if the file has no identifier.
        """
        from limbeck.script._loading import has_preferred_file

        folder, name = os.path.split(os.fspath(path))
        if not scriptdir._is_revision_file(name) or has_preferred_file(os.fspath(path)):
            return None
        module = util.load_python_file(folder, name)
        return cls(module, _identifier(module, name), path)

    @property
    def module(self) -> ModuleType:
        """The module of the file, imported on first use."""
        if self._module is None:
            self._module = module = util.load_python_file(*os.path.split(self.path))
            if _has_docstring(module):
                self._docstring = None
        return self._module

    @module.setter
    def module(self, module: ModuleType) -> None:
        self._module = module
        self._docstring = None

    @property
    def doc(self) -> str:
        """The first paragraph of the file's docstring."""
        return self.longdoc.split("\n\n", 1)[0]

    @property
    def longdoc(self) -> str:
        """The file's docstring."""
        doc = self._docstring
        if doc is None:
            doc = self.module.__doc__ or ""
        return doc.strip()

    @property
    def log_entry(self) -> str:
        """The verbose description of the revision."""
        return self.cmd_format(verbose=True)

    @property
    def _script_path(self) -> Path:
        from pathlib import Path

        return Path(self.path)

    def __str__(self) -> str:
        marks = {
            "head": self.is_head,
            "branchpoint": self.is_branch_point,
            "mergepoint": self.is_merge_point,
        }
        shown = "".join(f" ({mark})" for mark, applies in marks.items() if applies)
        parents = ", ".join(self._versioned_down_revisions) or "<base>"
        return f"{parents} -> {self.revision}{shown}, {self.doc}"

    def cmd_format(
        self,
        verbose: bool,
        include_branches: bool = False,
        include_doc: bool = False,
        include_parents: bool = False,
        tree_indicators: bool = True,
    ) -> str:
        """Format the revision for the command line.

        :param verbose: return the text of :attr:`log_entry`; the other parameters are ignored.
        :param include_branches: include branch labels.
        :param include_doc: include the first paragraph of the docstring.
        :param include_parents: include the parents.
        :param tree_indicators: mark branch points and merges.
        """
        parts = (include_branches, include_doc, include_parents, tree_indicators)
        return _core.show_script(self, None if verbose else parts)

    # Attributes that the engine reads for listings; collections are in a deterministic order.

    @property
    def _named_dependencies(self) -> tuple[str, ...]:
        return util.to_tuple(self.dependencies, default=())

    @property
    def _next_in_order(self) -> list[str]:
        return sorted(self.nextrev)

    @property
    def _labels_in_order(self) -> list[str]:
        return sorted(self.branch_labels)


def _has_docstring(module: ModuleType | None) -> bool:
    return isinstance(getattr(module, "__doc__", None), str)


def _as_tuple(value: Any) -> tuple[str, ...] | None:
    """Return the value of a header field, a string or a collection, as a tuple; `None` for `None`."""
    return None if value is None else util.to_tuple(value, default=())


def _identifier(module: ModuleType, file_name: str) -> str:
    """Return the `revision` of a file; for old files without one, the identifier in its name."""
    if hasattr(module, "revision"):
        return cast(str, module.revision)
    match = _ID_IN_NAME.match(file_name)
    if match is None:
        raise util.CommandError(
            f"Could not determine revision id from filename {file_name}. Be sure the 'revision' "
            "variable is declared inside the script (please see 'Upgrading from Alembic 0.1 to "
            "0.2' in the documentation)."
        )
    return match.group(1)
