//! The conversion of [`Error`] to Python exceptions.
//!
//! The exception classes are defined in Python, because projects import them from there.

use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::error::Error;
use crate::error::store::Failure;

const CONFIGPARSER: &str = "configparser";
pub(super) const REVISION: &str = "limbeck.script.revision";
const STORE: &str = "limbeck.state.errors";

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| to_exception(py, error).unwrap_or_else(|failure| failure))
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Error::from(failure).into()
    }
}

/// The exception for an error. Fails if the exception class cannot be imported or called.
fn to_exception(py: Python<'_>, error: Error) -> PyResult<PyErr> {
    let text = error.to_string();
    match error {
        Error::Io { path, source } => Ok(PyOSError::new_err((source.raw_os_error(), source.to_string(), path))),
        Error::Revision(_) | Error::LabelTaken { .. } => exception(py, REVISION, "RevisionError", (text,)),
        Error::AmbiguousWalk { choices } => {
            let error = exception(py, REVISION, "RevisionError", (text,))?;
            let hint = format!("the step can lead to {}: name the revision", choices.join(" or "));
            set_hint(py, &error, Some(hint))?;
            Ok(error)
        }
        Error::RangeNotAncestor => exception(py, REVISION, "RangeNotAncestorError", (py.None(), py.None())),
        Error::Resolution { argument, nearest, .. } => {
            let error = exception(py, REVISION, "ResolutionError", (text, argument))?;
            set_hint(py, &error, nearest.map(|name| format!("did you mean `{name}`?")))?;
            Ok(error)
        }
        Error::MultipleHeads { heads, argument } => {
            exception(py, REVISION, "MultipleHeads", (PyTuple::new(py, heads)?, argument))
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
            exception(py, REVISION, class, (revisions.pop(),))
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
            exception(py, REVISION, class, (revisions,))
        }
        Error::MissingRevision { missing, referrer, .. } => {
            exception(py, REVISION, "MissingRevisionError", (text, missing, referrer))
        }
        Error::IniSectionTwice { .. }
        | Error::IniOptionTwice { .. }
        | Error::IniNoSection { .. }
        | Error::IniLines { .. } => configparser_error(py, error, PyString::new(py, "<string>").as_any()),
        Error::IniPercent { section, option, rest } => {
            let rest = PyString::new(py, &rest).repr()?;
            let message = format!("'%' must be followed by '%' or '(', found: {rest}");
            exception(py, CONFIGPARSER, "InterpolationSyntaxError", (option, section, message))
        }
        Error::IniReference { section, option, rest } => {
            let rest = PyString::new(py, &rest).repr()?;
            let message = format!("bad interpolation variable reference {rest}");
            exception(py, CONFIGPARSER, "InterpolationSyntaxError", (option, section, message))
        }
        Error::IniMissing {
            section,
            option,
            raw,
            name,
        } => exception(
            py,
            CONFIGPARSER,
            "InterpolationMissingOptionError",
            (option, section, raw, name),
        ),
        Error::IniDepth { section, option, raw } => {
            exception(py, CONFIGPARSER, "InterpolationDepthError", (option, section, raw))
        }
        Error::Toml { .. }
        | Error::IdentifierTooLong { .. }
        | Error::NoRevisionIdentifier { .. }
        | Error::NoDownRevision { .. } => command_error(py, &text),
        Error::Store(Failure { kind, message, hint }) => {
            exception(py, STORE, "from_engine", (kind.name(), message, hint))
        }
    }
}

/// Set the attribute `hint` of an exception; the command line shows it below the message.
pub(super) fn set_hint(py: Python<'_>, error: &PyErr, hint: Option<String>) -> PyResult<()> {
    error.value(py).setattr("hint", hint)
}

/// The exception that `configparser` raises for a malformed ini file.
///
/// `source` is the file as the exception shows it.
pub(super) fn ini_to_python(py: Python<'_>, error: Error, source: &Bound<'_, PyAny>) -> PyErr {
    configparser_error(py, error, source).unwrap_or_else(|failure| failure)
}

fn configparser_error(py: Python<'_>, error: Error, source: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    match error {
        Error::IniSectionTwice { line, section } => {
            exception(py, CONFIGPARSER, "DuplicateSectionError", (section, source, line))
        }
        Error::IniOptionTwice { line, section, option } => exception(
            py,
            CONFIGPARSER,
            "DuplicateOptionError",
            (section, option, source, line),
        ),
        Error::IniNoSection { line, text } => {
            exception(py, CONFIGPARSER, "MissingSectionHeaderError", (source, line, text))
        }
        Error::IniLines { lines } => {
            let parsing_error = exception(py, CONFIGPARSER, "ParsingError", (source,))?;
            for (line, text) in lines {
                parsing_error
                    .value(py)
                    .call_method1("append", (line, PyString::new(py, &text).repr()?))?;
            }
            Ok(parsing_error)
        }
        other => to_exception(py, other),
    }
}

/// A `CommandError`, whose text the command line shows as it is.
pub(super) fn command_error(py: Python<'_>, text: &str) -> PyResult<PyErr> {
    exception(py, "limbeck.util.exc", "CommandError", (text,))
}

/// Make an exception. `maker` is the name of its class, or of a function that returns an exception, in `module`.
pub(super) fn exception<'py>(
    py: Python<'py>,
    module: &str,
    maker: &str,
    arguments: impl PyCallArgs<'py>,
) -> PyResult<PyErr> {
    let value = py.import(module)?.getattr(maker)?.call1(arguments)?;
    Ok(PyErr::from_value(value))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use pyo3::types::{PyDict, PyType};

    use super::*;
    use crate::error::store::Kind;

    /// Make the modules that define exceptions importable without the extension, which `cargo test` does not build: each
    /// package becomes an empty module with the folder of the real package.
    fn import_exceptions(py: Python<'_>) -> PyResult<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
        for package in ["limbeck", "limbeck.util", "limbeck.script", "limbeck.state"] {
            let module = PyModule::new(py, package)?;
            let folder = root.join(package.replace('.', "/"));
            module.setattr("__path__", [folder.display().to_string()])?;
            modules.set_item(package, module)?;
        }
        modules.set_item(REVISION, py.import("limbeck.script._errors")?)
    }

    fn name() -> String {
        "x".to_owned()
    }

    /// At least one error of each variant, in the order of the numbers in [`expected`].
    fn errors() -> Vec<Error> {
        let (section, option, rest, raw) = (name, name, name, name);
        let cycle = |dependency, itself| Error::RevisionLoop {
            dependency,
            itself,
            revisions: vec![name()],
        };
        let failure = |kind| Error::Store(Failure::new(kind, "message"));
        vec![
            Error::Io {
                path: name(),
                source: std::io::Error::from_raw_os_error(2),
            },
            Error::IniSectionTwice {
                line: 2,
                section: section(),
            },
            Error::IniOptionTwice {
                line: 2,
                section: section(),
                option: option(),
            },
            Error::IniNoSection { line: 1, text: name() },
            Error::IniLines {
                lines: vec![(1, name())],
            },
            Error::IniPercent {
                section: section(),
                option: option(),
                rest: rest(),
            },
            Error::IniReference {
                section: section(),
                option: option(),
                rest: rest(),
            },
            Error::IniMissing {
                section: section(),
                option: option(),
                raw: raw(),
                name: name(),
            },
            Error::IniDepth {
                section: section(),
                option: option(),
                raw: raw(),
            },
            Error::Toml {
                path: name(),
                line: 1,
                column: 1,
                message: name(),
            },
            Error::NoRevisionIdentifier { path: "a.py".into() },
            Error::NoDownRevision {
                path: "a.py".into(),
                revision: name(),
            },
            Error::Revision(name()),
            Error::Resolution {
                message: name(),
                argument: name(),
                nearest: Some("y".to_owned()),
            },
            Error::MultipleHeads {
                heads: vec![name(), "y".to_owned()],
                argument: name(),
            },
            Error::RangeNotAncestor,
            cycle(false, false),
            cycle(false, true),
            cycle(true, false),
            cycle(true, true),
            Error::MissingRevision {
                missing: name(),
                referrer: name(),
                field: "depends_on",
            },
            Error::LabelTaken {
                label: name(),
                revision: name(),
                other: name(),
            },
            Error::IdentifierTooLong {
                revision: name(),
                length: 1,
                column: name(),
                limit: 0,
            },
            failure(Kind::Unreachable),
            failure(Kind::Refused),
            failure(Kind::NoDatabase),
            failure(Kind::NotReady),
            failure(Kind::Timeout),
            failure(Kind::Unreadable),
            failure(Kind::Unsure),
            Error::AmbiguousWalk {
                choices: vec![name(), "y".to_owned()],
            },
        ]
    }

    /// The number of a variant, and the module and name of its exception class.
    ///
    /// A new variant does not compile without a number here. It has to be added to [`errors`] and to the range of numbers
    /// in `every_error_becomes_its_exception` too.
    fn expected(error: &Error) -> (usize, &'static str, &'static str) {
        const COMMAND: &str = "limbeck.util.exc";
        let (variant, module, class) = match error {
            Error::Io { .. } => (0, "builtins", "FileNotFoundError"),
            Error::IniSectionTwice { .. } => (1, CONFIGPARSER, "DuplicateSectionError"),
            Error::IniOptionTwice { .. } => (2, CONFIGPARSER, "DuplicateOptionError"),
            Error::IniNoSection { .. } => (3, CONFIGPARSER, "MissingSectionHeaderError"),
            Error::IniLines { .. } => (4, CONFIGPARSER, "ParsingError"),
            Error::IniPercent { .. } => (5, CONFIGPARSER, "InterpolationSyntaxError"),
            Error::IniReference { .. } => (6, CONFIGPARSER, "InterpolationSyntaxError"),
            Error::IniMissing { .. } => (7, CONFIGPARSER, "InterpolationMissingOptionError"),
            Error::IniDepth { .. } => (8, CONFIGPARSER, "InterpolationDepthError"),
            Error::Toml { .. } => (9, COMMAND, "CommandError"),
            Error::NoRevisionIdentifier { .. } => (10, COMMAND, "CommandError"),
            Error::NoDownRevision { .. } => (11, COMMAND, "CommandError"),
            Error::Revision(_) => (12, REVISION, "RevisionError"),
            Error::Resolution { .. } => (13, REVISION, "ResolutionError"),
            Error::MultipleHeads { .. } => (14, REVISION, "MultipleHeads"),
            Error::RangeNotAncestor => (15, REVISION, "RangeNotAncestorError"),
            Error::RevisionLoop { dependency, itself, .. } => (
                16,
                REVISION,
                match (dependency, itself) {
                    (false, false) => "CycleDetected",
                    (false, true) => "LoopDetected",
                    (true, false) => "DependencyCycleDetected",
                    (true, true) => "DependencyLoopDetected",
                },
            ),
            Error::MissingRevision { .. } => (17, REVISION, "MissingRevisionError"),
            Error::LabelTaken { .. } => (18, REVISION, "RevisionError"),
            Error::IdentifierTooLong { .. } => (19, COMMAND, "CommandError"),
            Error::Store(failure) => (
                20,
                STORE,
                match failure.kind {
                    Kind::Unreachable | Kind::Refused | Kind::NoDatabase | Kind::NotReady | Kind::Timeout => {
                        "DatabaseUnreachable"
                    }
                    Kind::Unreadable => "VersionTableUnreadable",
                    Kind::Unsure => "NotCertain",
                },
            ),
            Error::AmbiguousWalk { .. } => (21, REVISION, "RevisionError"),
        };
        (variant, module, class)
    }

    #[test]
    fn every_error_becomes_its_exception() {
        Python::initialize();
        Python::attach(|py| -> PyResult<()> {
            import_exceptions(py)?;
            let mut variants: Vec<usize> = Vec::new();
            for error in errors() {
                let (variant, module, class) = expected(&error);
                variants.push(variant);
                let text = format!("{error:?}");
                let class = py.import(module)?.getattr(class)?.cast_into::<PyType>()?;
                let exception = PyErr::from(error);
                assert!(exception.value(py).get_type().is(&class), "{text} becomes {exception}");
            }
            variants.dedup();
            assert_eq!(variants, (0..=21).collect::<Vec<_>>());
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn the_nearest_identifier_is_the_hint() {
        Python::initialize();
        Python::attach(|py| -> PyResult<()> {
            import_exceptions(py)?;
            let error = PyErr::from(Error::Resolution {
                message: name(),
                argument: name(),
                nearest: Some("y".to_owned()),
            });
            let hint: Option<String> = error.value(py).getattr("hint")?.extract()?;
            assert_eq!(hint.as_deref(), Some("did you mean `y`?"));
            Ok(())
        })
        .unwrap();
    }
}
