//! Python's view of [`crate::script`].

use pyo3::prelude::*;

/// Add this room's classes and functions to the extension module.
#[allow(clippy::unnecessary_wraps, reason = "every room registers the same way")]
pub(super) fn register(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
