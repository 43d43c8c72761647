//! The one conversion of the engine's errors to Python's exceptions.
//!
//! The exceptions are defined in Python, since projects catch them there; this file only chooses among them.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::Error;

const REVISION: &str = "limbeck.script.revision";

/// An engine error as a Python exception.
pub(super) fn to_python(py: Python<'_>, error: Error) -> PyErr {
    build(py, error).unwrap_or_else(|failure| failure)
}

fn build(py: Python<'_>, error: Error) -> PyResult<PyErr> {
    let text = error.to_string();
    match error {
        Error::Io { path, source } => Ok(PyOSError::new_err((source.raw_os_error(), source.to_string(), path))),
        Error::Revision(message) => raise(py, REVISION, "RevisionError", (message,)),
        Error::RangeNotAncestor => raise(py, REVISION, "RangeNotAncestorError", (py.None(), py.None())),
        Error::Resolution {
            message,
            argument,
            hint,
        } => {
            let error = raise(py, REVISION, "ResolutionError", (message, argument))?;
            error.value(py).setattr("hint", hint)?;
            Ok(error)
        }
        Error::MultipleHeads { heads, argument } => {
            raise(py, REVISION, "MultipleHeads", (PyTuple::new(py, heads)?, argument))
        }
        Error::RevisionLoop {
            dependency,
            itself: true,
            mut revisions,
        } => {
            let class = if dependency {
                "DependencyLoopDetected"
            } else {
                "LoopDetected"
            };
            raise(py, REVISION, class, (revisions.pop(),))
        }
        Error::RevisionLoop {
            dependency,
            itself: false,
            revisions,
        } => {
            let class = if dependency {
                "DependencyCycleDetected"
            } else {
                "CycleDetected"
            };
            raise(py, REVISION, class, (revisions,))
        }
        Error::MissingRevision { missing, referrer, .. } => {
            raise(py, REVISION, "MissingRevisionError", (text, missing, referrer))
        }
        Error::IdentifierTooLong { .. } | Error::NoRevisionIdentifier { .. } | Error::NoDownRevision { .. } => {
            command_error(py, &text)
        }
    }
}

/// The exception for whatever a user did wrong; its text is shown as it is.
pub(super) fn command_error(py: Python<'_>, text: &str) -> PyResult<PyErr> {
    raise(py, "limbeck.util.exc", "CommandError", (text,))
}

fn raise<'py>(
    py: Python<'py>,
    module: &str,
    class: &str,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<PyErr> {
    let class = py.import(module)?.getattr(class)?;
    Ok(PyErr::from_value(class.call1(arguments)?))
}
