//! Drives the steps of a plan.
//!
//! The runner knows neither databases nor files. Of its port, an object of Python's, it asks three things: run
//! this body, change the version table so, tell the user so. The first two happen inside one transaction of the
//! port, where the port has transactions for single steps.

use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3::{PyTraverseError, PyVisit};

/// What the port is told about a step.
#[pyclass(frozen, module = "limbeck._core", name = "StepReport")]
struct StepReport {
    /// `start`, `done` or `failed`.
    #[pyo3(get)]
    phase: &'static str,
    /// The step.
    #[pyo3(get)]
    step: Py<PyAny>,
    /// Its place among all, counted from 0.
    #[pyo3(get)]
    index: usize,
    /// How many steps there are.
    #[pyo3(get)]
    total: usize,
    /// How long the step took so far.
    #[pyo3(get)]
    seconds: f64,
}

#[pymethods]
impl StepReport {
    #[allow(clippy::needless_pass_by_value, reason = "PyO3 passes it so")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.step)
    }
}

/// Run every step, in order; the first failure ends the run.
#[pyfunction]
fn run_steps(port: &Bound<'_, PyAny>, steps: &Bound<'_, PyList>) -> PyResult<()> {
    let total = steps.len();
    for (index, step) in steps.iter().enumerate() {
        let started = Instant::now();
        let tell = |phase| {
            let seconds = started.elapsed().as_secs_f64();
            let report = StepReport {
                phase,
                step: step.clone().unbind(),
                index,
                total,
                seconds,
            };
            port.call_method1("tell", (report,)).map(drop)
        };
        tell("start")?;
        let transaction = port.call_method0("transaction")?;
        within(&transaction, || {
            port.call_method1("body", (&step,))?;
            port.call_method1("change", (&step,)).map(drop)
        })
        .or_else(|error| {
            tell("failed")?;
            Err(error)
        })?;
        tell("done")?;
    }
    Ok(())
}

/// What Python's `with` does.
fn within(manager: &Bound<'_, PyAny>, body: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    let py = manager.py();
    manager.call_method0("__enter__")?;
    match body() {
        Ok(()) => manager
            .call_method1("__exit__", (py.None(), py.None(), py.None()))
            .map(drop),
        Err(error) => {
            let arguments = (error.get_type(py), error.value(py), error.traceback(py));
            let handled = manager.call_method1("__exit__", arguments)?;
            if handled.is_truthy()? { Ok(()) } else { Err(error) }
        }
    }
}

/// Add this room's classes and functions to the extension module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<StepReport>()?;
    module.add_function(wrap_pyfunction!(run_steps, module)?)
}
