//! Python bindings of [`crate::script`].

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use pyo3::exceptions::{PyIndexError, PySyntaxError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use pyo3::{PyTraverseError, PyVisit};

use super::errors::command_error;
use super::text::PrintableText;
use crate::script::checksum::ChecksumsAhead;
use crate::script::env_file::{self, Argument, Doubt};
use crate::script::{Fields, Header, Locations, Reading, Survey, Value, docstring};
use crate::script::{body, edit, header};

/// The header of one revision file.
#[pyclass(frozen, module = "limbeck._core", name = "Header")]
pub(super) struct PyHeader(Header);

#[pymethods]
impl PyHeader {
    /// The path of the file. A string: a `Path` would import `pathlib`, which takes longer than the rest of a listing.
    #[getter]
    fn path(&self) -> &OsStr {
        self.0.path.as_os_str()
    }

    #[getter]
    fn revision(&self) -> &str {
        &self.0.revision
    }

    #[getter]
    fn down_revision(&self) -> Vec<&str> {
        self.0.down_revision.iter().map(String::as_str).collect()
    }

    #[getter]
    fn depends_on(&self) -> Vec<&str> {
        self.0.depends_on.iter().map(String::as_str).collect()
    }

    #[getter]
    fn branch_labels(&self) -> Vec<&str> {
        self.0.branch_labels.iter().map(String::as_str).collect()
    }

    #[getter]
    fn doc(&self) -> Option<&str> {
        self.0.doc.as_deref()
    }
}

/// The revision files of a project and their headers.
///
/// `load(path)` imports a file and returns its module. It is called for each file whose header needs an import.
#[pyclass(frozen, module = "limbeck._core")]
pub(super) struct Catalog {
    locations: Locations,
    load: Py<PyAny>,
    state: RwLock<State>,
}

/// The result of the last refresh.
#[derive(Default)]
struct State {
    survey: Survey,
    headers: Arc<Vec<Header>>,
    /// The module of each header that needed an import, by the index of the header.
    modules: Vec<Option<Py<PyAny>>>,
}

impl Catalog {
    /// The headers as of the last refresh.
    pub(super) fn headers(&self) -> Arc<Vec<Header>> {
        Arc::clone(&self.state().headers)
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Find added, removed and changed files. Returns whether any header, or the list of files found twice, changed.
    fn reload(&self, py: Python<'_>) -> PyResult<bool> {
        let survey = py.detach(|| Survey::of(&self.locations))?;
        // A header that was read from a module may have another value now, although its file is the same.
        let has_no_imports = self.state().modules.iter().all(Option::is_none);
        if has_no_imports && !survey.files.is_empty() && self.state().survey.equals(&survey) {
            return Ok(false);
        }
        let dedents_docstrings = py.version_info() >= (3, 13);
        let mut headers = Vec::with_capacity(survey.files.len());
        let mut modules = Vec::with_capacity(survey.files.len());
        for (path, reading) in &survey.files {
            let (mut fields, module) = match reading.as_ref() {
                Reading::Known(fields) => (fields.clone(), None),
                Reading::Import(_) => {
                    let module = self.import(py, path)?;
                    (fields_of(&module, path)?, Some(module.unbind()))
                }
            };
            if dedents_docstrings && module.is_none() {
                fields.doc = fields.doc.as_deref().map(docstring::dedented).map(Into::into);
            }
            headers.push(Header::new(Arc::clone(path), fields)?);
            modules.push(module);
        }
        let new_state = State {
            survey,
            headers: Arc::new(headers),
            modules,
        };
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let changed = state.headers != new_state.headers || state.survey.repeated != new_state.survey.repeated;
        *state = new_state;
        Ok(changed)
    }

    /// Import a file; a syntax error becomes a `CommandError` with file, line and column.
    fn import<'py>(&self, py: Python<'py>, path: &Path) -> PyResult<Bound<'py, PyAny>> {
        self.load.bind(py).call1((path.as_os_str(),)).or_else(|error| {
            if !error.is_instance_of::<PySyntaxError>(py) {
                return Err(error);
            }
            let value = error.value(py);
            let attribute = |name: &str| value.getattr(name).and_then(|number| number.extract::<Option<usize>>());
            let place = match (attribute("lineno"), attribute("offset")) {
                (Ok(Some(line)), Ok(Some(column))) => format!(", line {line}, column {column}"),
                (Ok(Some(line)), _) => format!(", line {line}"),
                _ => String::new(),
            };
            let message = value
                .getattr("msg")
                .map_or_else(|_| error.to_string(), |message| message.to_string());
            let exception = command_error(
                py,
                &format!("Cannot read revision file {}{place}: {message}", path.display()),
            )?;
            exception.set_cause(py, Some(error));
            Err(exception)
        })
    }
}

#[pymethods]
impl Catalog {
    #[new]
    #[pyo3(signature = (locations, *, recursive=false, sourceless=false, load))]
    fn new(
        py: Python<'_>,
        locations: Vec<PathBuf>,
        recursive: bool,
        sourceless: bool,
        load: Py<PyAny>,
    ) -> PyResult<Self> {
        let locations = Locations {
            folders: locations,
            recursive,
            sourceless,
        };
        let catalog = Self {
            locations,
            load,
            state: RwLock::default(),
        };
        catalog.reload(py)?;
        Ok(catalog)
    }

    /// Show Python's garbage collector the references to `load` and the modules.
    ///
    /// A catalog can be part of a reference cycle: a module refers to the catalog, and the catalog's `load` to the module.
    /// If the collector did not see it, the cycle would keep the module alive at exit, and files that its log handlers
    /// refer to would not be flushed.
    #[allow(clippy::needless_pass_by_value, reason = "PyO3 passes it so")]
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.load)?;
        // If the lock is held, the state is being replaced; the next collection visits the modules.
        if let Ok(state) = self.state.try_read() {
            state
                .modules
                .iter()
                .flatten()
                .try_for_each(|module| visit.call(module))?;
        }
        Ok(())
    }

    /// Find added, removed and changed files. Returns whether any header, or the list of files found twice, changed.
    fn refresh(&self, py: Python<'_>) -> PyResult<bool> {
        self.reload(py)
    }

    fn __len__(&self) -> usize {
        self.state().headers.len()
    }

    /// The header at `index`, in the order of version locations and file names. Raises `IndexError`.
    fn header(&self, index: usize) -> PyResult<PyHeader> {
        let header = self.state().headers.get(index).cloned();
        header.map(PyHeader).ok_or_else(|| PyIndexError::new_err(index))
    }

    /// The module of the header at `index`; `None` if the header needed no import.
    fn module(&self, py: Python<'_>, index: usize) -> Option<Py<PyAny>> {
        self.state()
            .modules
            .get(index)?
            .as_ref()
            .map(|module| module.clone_ref(py))
    }

    /// A copy with the current headers and modules, and an empty `repeated`. Only its own `refresh` changes it.
    fn snapshot(&self, py: Python<'_>) -> Self {
        let state = self.state();
        let modules = state
            .modules
            .iter()
            .map(|module| module.as_ref().map(|module| module.clone_ref(py)));
        Self {
            locations: self.locations.clone(),
            load: self.load.clone_ref(py),
            state: RwLock::new(State {
                survey: Survey::default(),
                headers: Arc::clone(&state.headers),
                modules: modules.collect(),
            }),
        }
    }

    /// The files that were found a second time in the version locations.
    #[getter]
    fn repeated(&self) -> Vec<OsString> {
        self.state()
            .survey
            .repeated
            .iter()
            .map(|path| path.clone().into_os_string())
            .collect()
    }
}

/// The header of an imported module. Raises `CommandError` for a value of the wrong type.
fn fields_of(module: &Bound<'_, PyAny>, path: &Path) -> PyResult<Fields> {
    let attribute = |name: &str| module.getattr_opt(name);
    let wrong_type = |name: &str, value: &Bound<'_, PyAny>| -> PyResult<PyErr> {
        let place = path.display();
        command_error(
            module.py(),
            &format!(
                "In revision file {place}, {name} is {}: it takes strings",
                value.repr()?
            ),
        )
    };
    let value = |name: &str| -> PyResult<Option<Value>> {
        let Some(object) = attribute(name)? else {
            return Ok(None);
        };
        if object.is_none() {
            return Ok(Some(Value::Nothing));
        }
        if let Ok(text) = object.cast::<PyString>() {
            return Ok(Some(Value::One(text.extract()?)));
        }
        let strings = || -> PyResult<Vec<String>> { object.try_iter()?.map(|item| item?.extract()).collect() };
        match strings() {
            Ok(strings) => Ok(Some(Value::Several(strings))),
            Err(_) => Err(wrong_type(name, &object)?),
        }
    };
    let revision = match attribute("revision")? {
        None => None,
        Some(object) => match object.extract::<String>() {
            Ok(revision) => Some(revision),
            Err(_) => return Err(wrong_type("revision", &object)?),
        },
    };
    let doc = attribute("__doc__")?
        .and_then(|doc| doc.extract::<PrintableText>().ok())
        .map(|doc| doc.0.into());
    Ok(Fields {
        revision,
        down_revision: value("down_revision")?,
        depends_on: value("depends_on")?,
        branch_labels: value("branch_labels")?,
        doc,
    })
}

/// The checksums of revision files, of their bytes and of their syntax trees, computed in a thread.
#[pyclass(frozen, module = "limbeck._core", name = "Checksums")]
pub(super) struct PyChecksums(Mutex<ChecksumsAhead>);

#[pymethods]
impl PyChecksums {
    /// `paths`: the files, in the order of the questions.
    #[new]
    fn new(paths: Vec<PathBuf>) -> Self {
        Self(Mutex::new(ChecksumsAhead::new(paths)))
    }

    /// Return the checksums of a file and of its syntax tree; None for what cannot be read.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 has no borrowed paths")]
    fn of(&self, py: Python<'_>, path: PathBuf) -> (Option<String>, Option<String>) {
        py.detach(|| {
            let ahead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            ahead
                .of(&path)
                .map_or((None, None), |found| (Some(found.file), found.tree))
        })
    }
}

/// What the body of a revision does.
#[pyclass(name = "Body", module = "limbeck._core", frozen, get_all)]
pub(super) struct PyBody {
    /// The line of the function's name.
    line: usize,
    is_empty: bool,
    is_repeatable: bool,
    /// The calls of directives: the name and the line of each.
    calls: Vec<(String, usize)>,
    /// The tables that the calls name, each with the columns and the line of the call.
    touches: Vec<(String, Vec<String>, usize)>,
}

/// Read the body of a function. Returns `None` if the file cannot be parsed or has no such function.
#[pyfunction]
pub(super) fn read_body(source: &[u8], function: &str) -> Option<PyBody> {
    let found = body::read(source, function)?;
    let touches = found.calls.iter().flat_map(|call| {
        let each = call.touches.iter();
        each.map(|touch| (touch.table.clone(), touch.columns.clone(), call.line))
    });
    Some(PyBody {
        touches: touches.collect(),
        line: found.line,
        is_empty: found.is_empty,
        is_repeatable: found.is_repeatable,
        calls: found.calls.into_iter().map(|call| (call.name, call.line)).collect(),
    })
}

/// A call about a table: the kind, the schema, the table or the SQL, and the new name of the table.
type TableCall = (&'static str, Option<String>, Option<String>, Option<String>);

/// Read the calls of a function that make, rename or drop tables, or run SQL. Returns `None` if the file cannot be parsed.
#[pyfunction]
pub(super) fn read_tables(source: &[u8], function: &str) -> Option<Vec<TableCall>> {
    let found = body::read_tables(source, function)?.into_iter();
    Some(
        found
            .map(|call| (call.kind, call.schema, call.name, call.new_name))
            .collect(),
    )
}

/// Return a revision file with other parents, or the line and the reason of a refusal.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn replace_parents<'py>(
    py: Python<'py>,
    source: &[u8],
    before: Vec<String>,
    after: Vec<String>,
) -> PyResult<Bound<'py, PyAny>> {
    match edit::replace_parents(source, &before, &after) {
        Ok(edited) => Ok(PyBytes::new(py, &edited).into_any()),
        Err(refusal) => Ok((refusal.line, refusal.reason).into_pyobject(py)?.into_any()),
    }
}

/// The identifier in the header of a revision file; `None` if the file has to be imported, or has none.
#[pyfunction]
pub(super) fn read_identifier(source: &[u8]) -> Option<String> {
    match header::read(source) {
        Reading::Known(fields) => fields.revision,
        Reading::Import(_) => None,
    }
}

/// What env.py does.
#[pyclass(name = "EnvFile", module = "limbeck._core", frozen, get_all)]
pub(super) struct PyEnvFile {
    /// Why it is not certain that env.py runs migrations on one connection, in its default schema; else `None`.
    doubt: Option<&'static str>,
    /// Whether it may run them on several connections.
    is_several: bool,
    /// The arguments `version_table` and `version_table_schema`: a string, or `None` if it is missing or computed.
    version_table: Option<String>,
    version_table_schema: Option<String>,
    /// Whether either of the two is computed.
    computes_version_table: bool,
}

/// Read env.py from its bytes.
#[pyfunction]
pub(super) fn read_env_file(source: &[u8]) -> PyEnvFile {
    let found = env_file::read(source);
    let known = |argument: &Argument| match argument {
        Argument::Known(text) => Some(text.clone()),
        Argument::Default | Argument::Computed => None,
    };
    let arguments = [&found.version_table, &found.version_table_schema];
    PyEnvFile {
        doubt: found.doubt.map(Doubt::reason),
        is_several: found.doubt == Some(Doubt::Several),
        version_table: known(&found.version_table),
        version_table_schema: known(&found.version_table_schema),
        computes_version_table: arguments.contains(&&Argument::Computed),
    }
}
