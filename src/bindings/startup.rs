//! Python bindings of [`crate::startup`].

use std::sync::Mutex;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::store::read_blocking;
use crate::startup::{self, Environment, Outside};
use crate::store::target::Route;
use crate::store::{VersionTable, Versions};

/// The timeout of a server. After it, the Python command tries again, with a longer one.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The environment variables and databases of this process.
struct Process {
    /// Reads the version table of a SQLite file, with its path and the table's name.
    read_sqlite: Option<Py<PyAny>>,
    /// An exception that ends the command, as that of Ctrl-C.
    interrupt: Mutex<Option<PyErr>>,
}

impl Process {
    fn sqlite_rows(&self, path: &str, table: &str) -> Option<Vec<String>> {
        let read = self.read_sqlite.as_ref()?;
        // `None`, an exception or a row that is not text: the Python command reports it.
        Python::attach(|py| read.call1(py, (path, table)).ok()?.extract(py).ok()?)
    }
}

impl Outside for Process {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn rows(&self, route: Route, table: VersionTable) -> Option<Vec<String>> {
        let target = match route {
            Route::SqliteFile(path) => return self.sqlite_rows(&path, &table.name),
            Route::Server(target) => target,
        };
        match read_blocking(&target, &table, TIMEOUT) {
            Ok(Ok(Versions::Rows(rows))) => Some(rows),
            Ok(_) => None,
            Err(error) => {
                *self.interrupt.lock().ok()? = Some(error);
                None
            }
        }
    }
}

/// The output of the command in `arguments`, without the last line end; `None` if the Python command has to run.
///
/// `read_sqlite` is called with the path of a SQLite file and the name of the version table, and returns its rows or
/// `None`.
#[pyfunction]
#[pyo3(signature = (arguments, read_sqlite=None))]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn answer(
    py: Python<'_>,
    arguments: Vec<Bound<'_, PyString>>,
    read_sqlite: Option<Py<PyAny>>,
) -> PyResult<Option<String>> {
    // Arguments with lone surrogates are left to Python.
    let texts = arguments.iter().map(|argument| argument.extract().ok());
    let Some(arguments) = texts.collect::<Option<Vec<String>>>() else {
        return Ok(None);
    };
    let Some(environment) = environment(py) else {
        return Ok(None);
    };
    let process = Process {
        read_sqlite,
        interrupt: Mutex::new(None),
    };
    let answer = py.detach(|| startup::answer(&arguments, &environment, &process));
    match process.interrupt.into_inner() {
        Ok(Some(error)) => Err(error),
        _ => Ok(answer),
    }
}

/// The environment of this process; `None` if it is not text.
fn environment(py: Python<'_>) -> Option<Environment> {
    Some(Environment {
        working_directory: std::env::current_dir().ok()?,
        config: match std::env::var("ALEMBIC_CONFIG") {
            Ok(name) => Some(name).filter(|name| !name.is_empty()),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => return None,
        },
        dedents_docstrings: py.version_info() >= (3, 13),
    })
}
