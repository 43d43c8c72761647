//! Text from Python that may contain lone surrogates, which Rust strings cannot contain.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// A name to look up. An argument that is not text in the locale contains lone surrogates, so that the conversion to
/// `&str` would fail. Here these become replacement characters, which no existing name contains.
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

/// A text to print, with `?` for each lone surrogate, as with Python's error handler `replace`.
pub(super) struct Printed(pub(super) String);

impl<'a, 'py> FromPyObject<'a, 'py> for Printed {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let text = object.cast::<PyString>()?;
        if let Ok(text) = text.extract::<String>() {
            return Ok(Self(text));
        }
        let bytes: Vec<u8> = text.call_method1("encode", ("utf-8", "replace"))?.extract()?;
        Ok(Self(String::from_utf8(bytes)?))
    }
}
