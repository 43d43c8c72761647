//! Text that comes from Python and is only looked up.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// A name to look up. An argument that is no text in the locale of the process has lone surrogates in Python and would be
/// an error of the conversion to `&str`; here it is a name with replacement characters, which nothing has.
pub(super) struct Name(String);

impl<'a, 'py> FromPyObject<'a, 'py> for Name {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(object.cast::<PyString>()?.to_string_lossy().into_owned()))
    }
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
