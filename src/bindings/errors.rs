//! The one conversion of the engine's errors to Python's exceptions.
//!
//! The exceptions are defined in Python, since projects catch them there; this file only chooses among them.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::error::Error;

const CONFIGPARSER: &str = "configparser";
const REVISION: &str = "limbeck.script.revision";

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| build(py, error).unwrap_or_else(|failure| failure))
    }
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
        Error::IniSectionTwice { .. }
        | Error::IniOptionTwice { .. }
        | Error::IniNoSection { .. }
        | Error::IniLines { .. } => configparser_reading(py, error, &py.None().into_bound(py)),
        Error::IniPercent { section, option, rest } => {
            let rest = PyString::new(py, &rest).repr()?;
            let message = format!("'%' must be followed by '%' or '(', found: {rest}");
            raise(py, CONFIGPARSER, "InterpolationSyntaxError", (option, section, message))
        }
        Error::IniReference { section, option, rest } => {
            let rest = PyString::new(py, &rest).repr()?;
            let message = format!("bad interpolation variable reference {rest}");
            raise(py, CONFIGPARSER, "InterpolationSyntaxError", (option, section, message))
        }
        Error::IniMissing {
            section,
            option,
            raw,
            name,
        } => raise(
            py,
            CONFIGPARSER,
            "InterpolationMissingOptionError",
            (option, section, raw, name),
        ),
        Error::IniDepth { section, option, raw } => {
            raise(py, CONFIGPARSER, "InterpolationDepthError", (option, section, raw))
        }
        Error::Toml { .. } => command_error(py, &text),
        Error::IdentifierTooLong { .. } | Error::NoRevisionIdentifier { .. } | Error::NoDownRevision { .. } => {
            command_error(py, &text)
        }
    }
}

/// What is wrong with an ini file as the exception that `configparser` raises for it.
///
/// `source` is what the exception shows as the file.
pub(super) fn ini_to_python(py: Python<'_>, error: Error, source: &Bound<'_, PyAny>) -> PyErr {
    configparser_reading(py, error, source).unwrap_or_else(|failure| failure)
}

fn configparser_reading(py: Python<'_>, error: Error, source: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    match error {
        Error::IniSectionTwice { line, section } => {
            raise(py, CONFIGPARSER, "DuplicateSectionError", (section, source, line))
        }
        Error::IniOptionTwice { line, section, option } => raise(
            py,
            CONFIGPARSER,
            "DuplicateOptionError",
            (section, option, source, line),
        ),
        Error::IniNoSection { line, text } => {
            raise(py, CONFIGPARSER, "MissingSectionHeaderError", (source, line, text))
        }
        Error::IniLines { lines } => {
            let report = raise(py, CONFIGPARSER, "ParsingError", (source,))?;
            for (line, text) in lines {
                report
                    .value(py)
                    .call_method1("append", (line, PyString::new(py, &text).repr()?))?;
            }
            Ok(report)
        }
        other => build(py, other),
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
