//! Python bindings of [`crate::config`].

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::errors::ini_to_python;
use super::text::Name;
use crate::config::ini::Options;
use crate::config::{Ini, settings, toml};

/// The contents of an ini file.
#[pyclass(frozen, module = "limbeck._core", name = "Ini")]
pub(super) struct PyIni(Ini);

#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
#[pymethods]
impl PyIni {
    /// Read the text of an ini file.
    ///
    /// `defaults` are options of every section. `source` is the file as errors show it, or a function that returns it.
    #[staticmethod]
    fn parse(py: Python<'_>, text: &str, defaults: Vec<(String, String)>, source: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ini::read(text, &defaults)
            .map(Self)
            .map_err(|error| match source_in_errors(source) {
                Ok(source) => ini_to_python(py, error, &source),
                Err(failure) => failure,
            })
    }

    fn has_section(&self, section: Name) -> bool {
        self.0.section(&section).is_some()
    }

    /// Whether the section exists, and the option is in it or in the defaults.
    fn has_option(&self, section: Name, option: Name) -> bool {
        let has_option = |options| self.0.raw(options, &option.to_lowercase()).is_some();
        self.0.section(&section).is_some_and(has_option)
    }

    /// The value of an option after interpolation; `None` if `has_option` is false.
    fn get(&self, section: Name, option: Name) -> PyResult<Option<String>> {
        Ok(self.0.get(&section, &option)?)
    }

    /// All options of a section after interpolation, the defaults first; `None` if the section is missing.
    fn items<'py>(&self, py: Python<'py>, section: Name) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(items) = self.0.items(&section)? else {
            return Ok(None);
        };
        let all = PyDict::new(py);
        for (name, value) in items {
            all.set_item(name, value)?;
        }
        Ok(Some(all))
    }

    /// The defaults before interpolation.
    fn defaults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        as_written(py, &self.0.defaults)
    }

    /// Each section with its own options before interpolation, without `[DEFAULT]`.
    fn sections<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (name, options) in &self.0.sections {
            all.set_item(name, as_written(py, options)?)?;
        }
        Ok(all)
    }
}

/// The options before interpolation, as a dict.
fn as_written<'py>(py: Python<'py>, options: &Options) -> PyResult<Bound<'py, PyDict>> {
    let written = PyDict::new(py);
    for (name, value) in options.iter() {
        written.set_item(name, value)?;
    }
    Ok(written)
}

/// The values of the setting `path_separator`, each with the separator it stands for.
#[pyfunction]
pub(super) fn path_separators() -> Vec<(&'static str, &'static str)> {
    settings::SEPARATORS.into()
}

/// Parse a TOML document; `name` is its name in errors.
#[pyfunction]
pub(super) fn parse_toml<'py>(py: Python<'py>, name: &str, text: &str) -> PyResult<Bound<'py, PyDict>> {
    let document = toml::read(name, text)?;
    let all = PyDict::new(py);
    for (key, value) in document {
        all.set_item(key, toml_value(py, value)?)?;
    }
    Ok(all)
}

/// Convert a TOML value to Python, as `tomllib` does.
///
/// The TOML parser limits the nesting, so the recursion is limited too.
fn toml_value(py: Python<'_>, value: toml::Value) -> PyResult<Bound<'_, PyAny>> {
    Ok(match value {
        toml::Value::String(text) => text.into_pyobject(py)?.into_any(),
        toml::Value::Integer(number) => number.into_pyobject(py)?.into_any(),
        toml::Value::Float(number) => number.into_pyobject(py)?.into_any(),
        toml::Value::Boolean(truth) => truth.into_pyobject(py)?.to_owned().into_any(),
        toml::Value::Datetime(moment) => {
            let class = match (moment.date, moment.time) {
                (Some(_), Some(_)) => "datetime",
                (Some(_), None) => "date",
                (None, _) => "time",
            };
            let text = moment.to_string().replace('Z', "+00:00");
            py.import("datetime")?
                .getattr(class)?
                .call_method1("fromisoformat", (text,))?
        }
        toml::Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(toml_value(py, value)?)?;
            }
            list.into_any()
        }
        toml::Value::Table(entries) => {
            let inner = PyDict::new(py);
            for (key, value) in entries {
                inner.set_item(key, toml_value(py, value)?)?;
            }
            inner.into_any()
        }
    })
}

/// The file as errors show it: `source`, or its result if it is a function.
///
/// With a function, Python imports `pathlib` only for an error.
fn source_in_errors<'py>(source: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if source.is_callable() {
        source.call0()
    } else {
        Ok(source.clone())
    }
}
