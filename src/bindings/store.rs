//! Python bindings of [`crate::store`].

use std::time::Duration;

use pyo3::IntoPyObjectExt as _;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::store::Failure;
use crate::store::target::{self, Route, Target};
use crate::store::{self, VersionTable, Versions};

/// The interval at which signals are checked while waiting for the server.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// A server that the native reader supports.
#[pyclass(frozen, module = "limbeck._core", name = "StoreTarget")]
pub(super) struct StoreTarget {
    target: Target,
}

#[pymethods]
impl StoreTarget {
    fn __repr__(&self) -> String {
        format!("<StoreTarget {}>", self.target.display())
    }

    /// The server's name in messages, without user and password.
    #[getter]
    fn display(&self) -> String {
        self.target.display()
    }

    /// The rows of the version table `name` in `schema`; `None` if there is no such table. Ctrl-C interrupts.
    ///
    /// `timeout` is in seconds. With `sole`, the failure is `NotCertain` if several schemas have the table.
    #[pyo3(signature = (name, schema, timeout, sole=false))]
    fn read(
        &self,
        py: Python<'_>,
        name: String,
        schema: Option<String>,
        timeout: f64,
        sole: bool,
    ) -> PyResult<Option<Vec<String>>> {
        let table = VersionTable {
            name,
            schema,
            is_sole: sole,
        };
        let timeout = duration(timeout)?;
        Ok(rows(py.detach(|| read_blocking(&self.target, &table, timeout))??))
    }

    /// As `read`, but an awaitable of the running asyncio loop; its cancellation closes the connection.
    #[pyo3(signature = (name, schema, timeout))]
    fn read_async<'py>(
        &self,
        py: Python<'py>,
        name: String,
        schema: Option<String>,
        timeout: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let table = VersionTable {
            name,
            schema,
            is_sole: false,
        };
        let timeout = duration(timeout)?;
        let target = self.target.clone();
        super::aio::start(
            py,
            async move { Ok(rows(store::read(&target, &table, timeout).await?)) },
        )
    }
}

/// Read a version table in this thread, without Python's lock. Ctrl-C interrupts.
pub(super) fn read_blocking(
    target: &Target,
    table: &VersionTable,
    timeout: Duration,
) -> PyResult<Result<Versions, Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| PyRuntimeError::new_err(format!("no runtime for the native reader: {error}")))?;
    let answer = runtime.block_on(async {
        let mut reading = Box::pin(store::read(target, table, timeout));
        loop {
            match tokio::time::timeout(SIGNAL_INTERVAL, &mut reading).await {
                Ok(answer) => return Ok(answer),
                Err(_) => Python::attach(check_signals)?,
            }
        }
    });
    // Dropping the runtime would wait for a pending name resolution after an interrupt.
    runtime.shutdown_background();
    answer
}

/// Run Python's signal handlers. The one of Ctrl-C raises `KeyboardInterrupt`.
fn check_signals(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
}

/// The rows; `None` if there is no version table.
fn rows(versions: Versions) -> Option<Vec<String>> {
    match versions {
        Versions::Absent => None,
        Versions::Rows(rows) => Some(rows),
    }
}

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| pyo3::exceptions::PyValueError::new_err(format!("`{seconds}` is not a valid timeout in seconds")))
}

/// The target of a database URL: a `StoreTarget`, or the path of a SQLite file.
#[pyfunction]
pub(super) fn store_route(py: Python<'_>, url: &str) -> PyResult<Py<PyAny>> {
    let env = |name: &str| std::env::var(name).ok();
    match target::find_route(url, &env)? {
        Route::Server(target) => StoreTarget { target: *target }.into_py_any(py),
        Route::SqliteFile(path) => path.into_py_any(py),
    }
}

/// The parts of a database URL; `None` if only SQLAlchemy can parse it.
#[pyfunction]
pub(super) fn store_parse_url<'py>(py: Python<'py>, url: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Ok(url) = store::url::DatabaseUrl::parse(url) else {
        return Ok(None);
    };
    let parts = PyDict::new(py);
    parts.set_item("dialect", url.dialect)?;
    parts.set_item("driver", url.driver)?;
    parts.set_item("username", url.username)?;
    parts.set_item("password", url.password)?;
    parts.set_item("host", url.host)?;
    parts.set_item("port", url.port)?;
    parts.set_item("database", url.database)?;
    parts.set_item("query", url.query)?;
    Ok(Some(parts))
}
