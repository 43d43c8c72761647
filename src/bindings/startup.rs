//! Python bindings of [`crate::startup`].

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::startup::{self, Environment};

/// The output of the command in `arguments`, without the last line end; `None` if the Python command has to run.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn answer(py: Python<'_>, arguments: Vec<Bound<'_, PyString>>) -> Option<String> {
    // Arguments with lone surrogates are left to Python.
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| argument.extract().ok())
        .collect::<Option<_>>()?;
    let environment = Environment {
        working_directory: std::env::current_dir().ok()?,
        config: match std::env::var("ALEMBIC_CONFIG") {
            Ok(name) => Some(name).filter(|name| !name.is_empty()),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => return None,
        },
        dedents_docstrings: py.version_info() >= (3, 13),
    };
    py.detach(|| startup::answer(&arguments, &environment))
}
