//! The settings of a project, read without Python. A project with a setting that needs Python is left to it.
//!
//! All settings of a script directory are checked, because an invalid one is an error in every command.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use super::ini::strip;
use super::{Ini, toml};

/// The section of an ini file, and the table below `tool` in a `pyproject.toml`.
const NAME: &str = "alembic";
/// The section and the table with the settings that only limbeck has.
const LIMBECK: &str = "limbeck";

/// The settings that a command needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// The version locations.
    pub folders: Vec<PathBuf>,
    /// Whether their subfolders are searched too.
    pub recursive: bool,
    /// Whether env.py runs with every command that can run it (`revision_environment`).
    pub revision_environment: bool,
    /// The path of env.py.
    pub env_file: PathBuf,
    /// The options of `[limbeck]`, with interpolation; `None` if only Python can read them.
    pub limbeck: Option<Vec<(String, String)>>,
}

/// Read the configuration: the ini file `config` (by default `alembic.ini`), and `pyproject.toml` in the working
/// directory, which is an absolute path.
///
/// Returns `None` if a setting is invalid or only Python can read it, if the script directory is missing, and for
/// `sourceless` projects.
#[must_use]
pub fn read(config: Option<&str>, working_directory: &Path) -> Option<Settings> {
    let ini = config.unwrap_or("alembic.ini");
    if Path::new(ini).file_name()? == "pyproject.toml" {
        return None;
    }
    let (toml, limbeck) = read_toml(&absolute(Path::new("pyproject.toml"), working_directory)?)?;
    let files = Files {
        ini: read_ini(&absolute(Path::new(ini), working_directory)?)?,
        toml,
        limbeck,
    };
    files.settings(working_directory).ok()
}

/// A setting is invalid, or only Python can evaluate it.
struct NeedsPython;

/// Both files. The ini file has precedence for each option.
struct Files {
    ini: Ini,
    /// The table `[tool.alembic]` with `%(here)s` expanded.
    toml: toml::Table,
    /// The table `[tool.limbeck]`; `None` if it is not a table.
    limbeck: Option<toml::Table>,
}

impl Files {
    fn settings(&self, working_directory: &Path) -> Result<Settings, NeedsPython> {
        let script_location = self.text("script_location")?.ok_or(NeedsPython)?;
        self.check_other_options()?;
        let directory = location(&script_location, working_directory).ok_or(NeedsPython)?;
        let folders = match self.version_locations()? {
            None => vec![directory.join("versions")],
            Some(names) => {
                let locations = names.iter().map(|name| location(name, working_directory));
                locations.collect::<Option<_>>().ok_or(NeedsPython)?
            }
        };
        let recursive = self.boolean("recursive_version_locations")?;
        let revision_environment = self.boolean("revision_environment")?;
        if self.boolean("sourceless")? || !directory.exists() {
            return Err(NeedsPython);
        }
        Ok(Settings {
            folders,
            recursive,
            revision_environment,
            env_file: directory.join("env.py"),
            limbeck: self.limbeck(),
        })
    }

    /// The options of `[limbeck]`, or else of `[tool.limbeck]`; without those that the ini file's main section has too, as
    /// all options of `[DEFAULT]` are.
    fn limbeck(&self) -> Option<Vec<(String, String)>> {
        if let Some(options) = self.ini.items(LIMBECK).ok()? {
            let main_section = self.ini.items(NAME).ok()?.unwrap_or_default();
            let is_own = |(name, _): &(String, String)| !main_section.iter().any(|(other, _)| other == name);
            return Some(options.into_iter().filter(is_own).collect());
        }
        let table = self.limbeck.as_ref()?;
        let text = |value: &toml::Value| match value {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Boolean(truth) => Some(truth.to_string()),
            toml::Value::Integer(number) => Some(number.to_string()),
            _ => None,
        };
        table
            .iter()
            .map(|(name, value)| Some((name.clone(), text(value)?)))
            .collect()
    }

    /// Reject invalid values of the settings that a listing does not use.
    fn check_other_options(&self) -> Result<(), NeedsPython> {
        for option in ["prepend_sys_path", "file_template", "output_encoding", "timezone"] {
            self.in_ini(option)?;
        }
        for option in ["path_separator", "version_path_separator"] {
            if let Some(name) = self.in_ini(option)? {
                separator(&name).ok_or(NeedsPython)?;
            }
        }
        if let Some(length) = self.in_ini("truncate_slug_length")? {
            length.parse::<u16>().map_err(|_| NeedsPython)?;
        }
        self.ini.items("post_write_hooks").map_err(|_| NeedsPython)?;
        Ok(())
    }

    /// The option in the ini file after interpolation; `None` if it is missing.
    fn in_ini(&self, option: &str) -> Result<Option<String>, NeedsPython> {
        self.ini.get(NAME, option).map_err(|_| NeedsPython)
    }

    /// The text of an option, from either file; `None` if it is missing.
    fn text(&self, option: &str) -> Result<Option<String>, NeedsPython> {
        match (self.in_ini(option)?, self.toml.get(option)) {
            (Some(text), _) => Ok(Some(text)),
            (None, Some(toml::Value::String(text))) => Ok(Some(text.clone())),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(NeedsPython),
        }
    }

    /// Whether an option is true; false if it is missing.
    fn boolean(&self, option: &str) -> Result<bool, NeedsPython> {
        match (self.in_ini(option)?, self.toml.get(option)) {
            (Some(text), _) => Ok(text == "true"),
            (None, Some(&toml::Value::Boolean(truth))) => Ok(truth),
            (None, None) => Ok(false),
            (None, Some(_)) => Err(NeedsPython),
        }
    }

    /// The version locations as written; `None` if none are configured.
    fn version_locations(&self) -> Result<Option<Vec<String>>, NeedsPython> {
        let names: Vec<String> = match (self.in_ini("version_locations")?, self.toml.get("version_locations")) {
            (Some(text), _) if text.is_empty() => return Ok(None),
            (Some(text), _) => {
                let separator = self.in_ini("path_separator")?.as_deref().and_then(separator);
                let parts = text.split(separator.ok_or(NeedsPython)?).map(strip);
                parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
            (None, None) => return Ok(None),
            (None, Some(toml::Value::Array(names))) => {
                let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                names.collect::<Option<_>>().ok_or(NeedsPython)?
            }
            (None, Some(_)) => return Err(NeedsPython),
        };
        if names.is_empty() {
            Err(NeedsPython)
        } else {
            Ok(Some(names))
        }
    }
}

/// The values of `path_separator`, each with the separator it stands for.
pub const SEPARATORS: [(&str, &str); 5] = [
    ("space", " "),
    ("newline", "\n"),
    ("os", if cfg!(windows) { ";" } else { ":" }),
    (":", ":"),
    (";", ";"),
];

fn separator(name: &str) -> Option<&'static str> {
    let entry = SEPARATORS.iter().find(|(value, _)| *value == name);
    entry.map(|(_, separator)| *separator)
}

/// The absolute form of a path in a setting, which is relative to `folder`.
///
/// Returns `None` for an empty path, a path inside a package, and a path with `..`.
fn location(setting: &str, folder: &Path) -> Option<PathBuf> {
    let path = Path::new(setting);
    let in_package = setting.contains(':') && !path.is_absolute();
    if in_package || setting.is_empty() {
        None
    } else {
        absolute(path, folder)
    }
}

/// An absolute path without `.`; `None` for a path with `..`, which may lead through a symbolic link.
fn absolute(path: &Path, folder: &Path) -> Option<PathBuf> {
    let absolute: PathBuf = folder.join(path).components().collect();
    let has_parent = absolute.components().any(|part| part == Component::ParentDir);
    (!has_parent).then_some(absolute)
}

/// The text of a file; empty if the file is missing.
///
/// Returns `None` for an unreadable file, and for text that is not ASCII: Python decodes it by the locale's encoding.
fn read_or_empty(path: &Path) -> Option<String> {
    match fs::read(path) {
        Ok(bytes) if bytes.is_ascii() => String::from_utf8(bytes).ok(),
        Err(problem) if problem.kind() == ErrorKind::NotFound => Some(String::new()),
        _ => None,
    }
}

/// The value of `%(here)s` in a file.
fn here_of(path: &Path) -> Option<String> {
    Some(path.parent()?.to_str()?.replace(MAIN_SEPARATOR, "/"))
}

/// The ini file, with `here` as a default option; empty if the file is missing.
fn read_ini(path: &Path) -> Option<Ini> {
    // The value is interpolated.
    let here = here_of(path)?.replace('%', "%%");
    Ini::read(&read_or_empty(path)?, &[("here".to_owned(), here)]).ok()
}

/// The table `[tool.alembic]` with `%(here)s` expanded, and the table `[tool.limbeck]`; empty if the file or the table is
/// missing.
fn read_toml(path: &Path) -> Option<(toml::Table, Option<toml::Table>)> {
    let here = here_of(path)?;
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).ok()?,
        Err(problem) if problem.kind() == ErrorKind::NotFound => String::new(),
        Err(_) => return None,
    };
    let mut document = toml::read("pyproject.toml", &text).ok()?;
    let mut tools = match document.remove("tool") {
        None => toml::Table::new(),
        Some(toml::Value::Table(tools)) => tools,
        Some(_) => return None,
    };
    let limbeck = match tools.remove(LIMBECK) {
        None => Some(toml::Table::new()),
        Some(toml::Value::Table(table)) => Some(table),
        Some(_) => None,
    };
    let alembic = match tools.remove(NAME) {
        None => toml::Table::new(),
        Some(toml::Value::Table(table)) => table
            .into_iter()
            .map(|(name, value)| Some((name, expand_value(value, &here)?)))
            .collect::<Option<_>>()?,
        Some(_) => return None,
    };
    Some((alembic, limbeck))
}

/// Expand `%(here)s` in a value.
///
/// Returns `None` for a malformed reference, and for types other than strings, booleans and lists of strings.
fn expand_value(value: toml::Value, here: &str) -> Option<toml::Value> {
    match value {
        toml::Value::String(text) => expand_text(&text, here).map(toml::Value::String),
        toml::Value::Boolean(_) => Some(value),
        toml::Value::Array(values) => {
            let texts = values
                .iter()
                .map(|value| expand_text(value.as_str()?, here).map(toml::Value::String));
            texts.collect::<Option<_>>().map(toml::Value::Array)
        }
        _ => None,
    }
}

/// Expand `%(here)s`, and `%%` to a percent sign; `None` for any other percent sign.
fn expand_text(text: &str, here: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut expanded = parts.next()?.to_owned();
    while let Some(part) = parts.next() {
        if let Some(rest) = part.strip_prefix("(here)s") {
            expanded.push_str(here);
            expanded.push_str(rest);
        } else if part.is_empty() {
            // "%%" is one percent sign; the next part is plain text.
            expanded.push('%');
            expanded.push_str(parts.next()?);
        } else {
            return None;
        }
    }
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version locations of a project with these files; `None` if only Python can read them.
    fn version_locations(ini: &str, toml: &str) -> Option<Vec<String>> {
        let table = toml::read("t", toml).unwrap();
        let files = Files {
            ini: Ini::read(ini, &[("here".to_owned(), "/srv".to_owned())]).unwrap(),
            toml: table
                .into_iter()
                .map(|(name, value)| Some((name, expand_value(value, "/srv")?)))
                .collect::<Option<_>>()?,
            limbeck: None,
        };
        let settings = files.settings(Path::new("/")).ok()?;
        Some(
            settings
                .folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect(),
        )
    }

    #[test]
    fn usual_settings_are_read() {
        assert_eq!(
            version_locations("[alembic]\nscript_location = .\n", "").unwrap(),
            ["/versions"]
        );
        assert_eq!(version_locations("", "script_location = '%(here)s/..'"), None);
        assert_eq!(version_locations("", "script_location = '/'").unwrap(), ["/versions"]);
        let several = "[alembic]\nscript_location = /\nversion_locations = a:%(here)s/b\npath_separator = os\n";
        #[cfg(unix)]
        assert_eq!(version_locations(several, "").unwrap(), ["/a", "/srv/b"]);
        let spaced = "[alembic]\nscript_location = /\nversion_locations = a\u{1f}\u{a0};b\npath_separator = ;\n";
        assert_eq!(version_locations(spaced, "").unwrap(), ["/a", "/b"]);
        let listed = "script_location = '/'\nversion_locations = ['a', '%(here)s/b']";
        assert_eq!(version_locations("", listed).unwrap(), ["/a", "/srv/b"]);
    }

    #[test]
    fn unusual_settings_are_left_to_python() {
        for more in [
            "script_location = package:migrations",
            "script_location = /nonexistent/folder",
            "script_location = %(nowhere)s",
            "script_location = /\nversion_locations = a b",
            "script_location = /\nversion_locations = package:a\npath_separator = ;",
            "script_location = /\npath_separator = comma",
            "script_location = /\ntruncate_slug_length = long",
            "script_location = /\nsourceless = true",
            "script_location = /\nfile_template = %(rev)s",
            "script_location = /\n[post_write_hooks]\nhooks = %(x)s",
            "x = 1",
        ] {
            assert_eq!(version_locations(&format!("[alembic]\n{more}\n"), ""), None, "{more}");
        }
        assert_eq!(
            version_locations("", "script_location = '/'\npost_write_hooks = [{name = 'x'}]"),
            None
        );
        assert_eq!(version_locations("", "script_location = '/'\ntimezone = 3"), None);
    }

    #[test]
    fn percent_signs_are_expanded() {
        assert_eq!(expand_text("%(here)s/a%%b", "/h").as_deref(), Some("/h/a%b"));
        assert_eq!(expand_text("%%(here)s", "/h").as_deref(), Some("%(here)s"));
        assert_eq!(expand_text("100%", "/h").as_deref(), None);
        assert_eq!(expand_text("%s", "/h").as_deref(), None);
    }
}
