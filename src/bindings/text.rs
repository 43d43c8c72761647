//! Strings from Python that may have lone surrogates, which a Rust string cannot hold.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// A name to look up.
///
/// Python puts lone surrogates into arguments that the locale's encoding cannot decode. They become replacement
/// characters here, which no name has, so the look-up finds nothing. The conversion to `&str` would raise an exception.
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

/// A text to print. Each lone surrogate becomes `?`, as in Python's streams with `errors="replace"`.
pub(super) struct PrintableText(pub(super) String);

impl<'a, 'py> FromPyObject<'a, 'py> for PrintableText {
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
