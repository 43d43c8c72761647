//! Python bindings of [`crate::lint`].

use pyo3::prelude::*;

use crate::lint;

/// One change of a database by a statement.
#[pyclass(name = "Change", module = "limbeck._core", frozen)]
pub(super) struct PyChange(lint::Change);

#[pymethods]
impl PyChange {
    #[getter]
    fn kind(&self) -> &str {
        self.0.kind
    }

    #[getter]
    fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    #[getter]
    fn new_name(&self) -> Option<&str> {
        self.0.new_name.as_deref()
    }

    #[getter]
    fn data_type(&self) -> Option<&str> {
        self.0.data_type.as_deref()
    }

    #[getter]
    fn expression(&self) -> Option<&str> {
        self.0.expression.as_deref()
    }

    #[getter]
    fn constraint(&self) -> Option<&str> {
        self.0.constraint
    }

    #[getter]
    fn referred(&self) -> Option<&str> {
        self.0.referred.as_deref()
    }

    #[getter]
    fn columns(&self) -> Vec<&str> {
        self.0.columns.iter().map(String::as_str).collect()
    }

    #[getter]
    fn labels(&self) -> Vec<&str> {
        self.0.labels.iter().map(String::as_str).collect()
    }

    #[getter]
    fn flags(&self) -> Vec<&str> {
        self.0.flags.clone()
    }

    #[getter]
    fn parts(&self) -> Vec<Self> {
        self.0.parts.iter().cloned().map(Self).collect()
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// Read the statements of a text: the changes, and how many statements could not be read.
#[pyfunction]
pub(super) fn read_sql(py: Python<'_>, text: &str, dialect: &str) -> (Vec<PyChange>, usize) {
    let reading = py.detach(|| lint::read(text, dialect));
    (reading.changes.into_iter().map(PyChange).collect(), reading.unread)
}

/// Check statements with rules of squawk: the index of the statement, the rule, the message and the help of each finding.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "PyO3 passes it so")]
pub(super) fn squawk(
    py: Python<'_>,
    statements: Vec<String>,
    rules: Vec<String>,
    in_transaction: bool,
) -> Vec<(usize, String, String, Option<String>)> {
    let found = py.detach(|| lint::squawk(&statements, &rules, in_transaction));
    found
        .into_iter()
        .map(|finding| (finding.statement, finding.rule, finding.message, finding.help))
        .collect()
}
