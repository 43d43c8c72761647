//! The settings of a project, as far as they are certain without Python.
//!
//! Every setting that a script directory is made from is looked at, since one that is wrong is an error whichever
//! command runs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use super::{Ini, toml};

/// The section of an ini file, and the table below `tool` in a `pyproject.toml`.
const NAME: &str = "alembic";

/// What a listing needs to know of a project; `sourceless` projects are left to Python.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// The version locations.
    pub folders: Vec<PathBuf>,
    /// Whether folders inside them count too.
    pub recursive: bool,
    /// Whether env.py runs with every command that can run it.
    pub environment: bool,
}

/// Read the configuration: the ini file `config`, by default `alembic.ini`, and a `pyproject.toml` in `folder`.
#[must_use]
pub fn read(config: Option<&str>, folder: &Path) -> Option<Settings> {
    let ini = config.unwrap_or("alembic.ini");
    if Path::new(ini).file_name()? == "pyproject.toml" {
        return None;
    }
    let both = Both {
        ini: read_ini(&absolute(Path::new(ini), folder)?)?,
        toml: read_toml(&absolute(Path::new("pyproject.toml"), folder)?)?,
    };
    both.settings(folder).ok()
}

/// Only Python can tell what a setting comes to.
struct Unsure;

type Sure<T> = Result<T, Unsure>;

/// Both files. The ini file goes first, option by option.
struct Both {
    ini: Ini,
    /// The table `[tool.alembic]`, its references filled in.
    toml: toml::Table,
}

impl Both {
    fn settings(&self, folder: &Path) -> Sure<Settings> {
        let script_location = self.text("script_location")?.ok_or(Unsure)?;
        self.check()?;
        let directory = place(&script_location, folder).ok_or(Unsure)?;
        let folders = match self.version_locations()? {
            None => vec![directory.join("versions")],
            Some(names) => {
                let places = names.iter().map(|name| place(name, folder));
                places.collect::<Option<_>>().ok_or(Unsure)?
            }
        };
        let recursive = self.truth("recursive_version_locations")?;
        let environment = self.truth("revision_environment")?;
        if self.truth("sourceless")? || !directory.exists() {
            return Err(Unsure);
        }
        Ok(Settings {
            folders,
            recursive,
            environment,
        })
    }

    /// Settings that have no part in a listing are read all the same.
    fn check(&self) -> Sure<()> {
        for option in ["prepend_sys_path", "file_template", "output_encoding", "timezone"] {
            self.in_ini(option)?;
        }
        for option in ["path_separator", "version_path_separator"] {
            if let Some(name) = self.in_ini(option)? {
                separator(&name).ok_or(Unsure)?;
            }
        }
        if let Some(length) = self.in_ini("truncate_slug_length")? {
            length.parse::<u16>().map_err(|_| Unsure)?;
        }
        self.ini.items("post_write_hooks").map_err(|_| Unsure)?;
        Ok(())
    }

    fn in_ini(&self, option: &str) -> Sure<Option<String>> {
        self.ini.get(NAME, option).map_err(|_| Unsure)
    }

    fn text(&self, option: &str) -> Sure<Option<String>> {
        match (self.in_ini(option)?, self.toml.get(option)) {
            (Some(text), _) => Ok(Some(text)),
            (None, Some(toml::Value::String(text))) => Ok(Some(text.clone())),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Unsure),
        }
    }

    fn truth(&self, option: &str) -> Sure<bool> {
        match (self.in_ini(option)?, self.toml.get(option)) {
            (Some(text), _) => Ok(text == "true"),
            (None, Some(&toml::Value::Boolean(truth))) => Ok(truth),
            (None, None) => Ok(false),
            (None, Some(_)) => Err(Unsure),
        }
    }

    /// The version locations, if any are configured.
    fn version_locations(&self) -> Sure<Option<Vec<String>>> {
        let names: Vec<String> = match (self.in_ini("version_locations")?, self.toml.get("version_locations")) {
            (Some(text), _) if text.is_empty() => return Ok(None),
            (Some(text), _) => {
                let separator = self.in_ini("path_separator")?.as_deref().and_then(separator);
                let parts = text.split(separator.ok_or(Unsure)?).map(str::trim);
                parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
            (None, None) => return Ok(None),
            (None, Some(toml::Value::Array(names))) => {
                let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                names.collect::<Option<_>>().ok_or(Unsure)?
            }
            (None, Some(_)) => return Err(Unsure),
        };
        if names.is_empty() { Err(Unsure) } else { Ok(Some(names)) }
    }
}

/// What `path_separator` may be, and what then separates.
pub const SEPARATORS: [(&str, &str); 5] = [
    ("space", " "),
    ("newline", "\n"),
    ("os", if cfg!(windows) { ";" } else { ":" }),
    (":", ":"),
    (";", ";"),
];

fn separator(name: &str) -> Option<&'static str> {
    let known = SEPARATORS.iter().find(|(known, _)| *known == name);
    known.map(|(_, separator)| *separator)
}

/// Where a setting points to: a path, seen from `folder`. Paths inside packages are left to Python.
fn place(setting: &str, folder: &Path) -> Option<PathBuf> {
    let path = Path::new(setting);
    let in_package = setting.contains(':') && !path.is_absolute();
    if in_package || setting.is_empty() {
        None
    } else {
        absolute(path, folder)
    }
}

/// A path from the root, without `.` in it. Where a `..` leads, only the file system knows: that is left to Python.
fn absolute(path: &Path, folder: &Path) -> Option<PathBuf> {
    let whole: PathBuf = folder.join(path).components().collect();
    let winding = whole.components().any(|part| part == Component::ParentDir);
    (!winding).then_some(whole)
}

/// What a file says: nothing, if it is not there. Text that is not ASCII may be in any encoding.
fn contents(path: &Path) -> Option<String> {
    match fs::read(path) {
        Ok(bytes) if bytes.is_ascii() => String::from_utf8(bytes).ok(),
        Err(problem) if problem.kind() == ErrorKind::NotFound => Some(String::new()),
        _ => None,
    }
}

/// What `%(here)s` stands for in a file.
fn here(path: &Path) -> Option<String> {
    Some(path.parent()?.to_str()?.replace(MAIN_SEPARATOR, "/"))
}

fn read_ini(path: &Path) -> Option<Ini> {
    Ini::read(&contents(path)?, &[("here".to_owned(), here(path)?)]).ok()
}

fn read_toml(path: &Path) -> Option<toml::Table> {
    let here = here(path)?;
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).ok()?,
        Err(problem) if problem.kind() == ErrorKind::NotFound => return Some(toml::Table::new()),
        Err(_) => return None,
    };
    let mut document = toml::read("pyproject.toml", &text).ok()?;
    match document.remove("tool") {
        None => Some(toml::Table::new()),
        Some(toml::Value::Table(mut tools)) => match tools.remove(NAME) {
            None => Some(toml::Table::new()),
            Some(toml::Value::Table(table)) => table
                .into_iter()
                .map(|(name, value)| Some((name, filled(value, &here)?)))
                .collect(),
            Some(_) => None,
        },
        Some(_) => None,
    }
}

/// A value with `%(here)s` filled in; strings, truths, and lists of strings are all that a listing knows.
fn filled(value: toml::Value, here: &str) -> Option<toml::Value> {
    match value {
        toml::Value::String(text) => text_filled(&text, here).map(toml::Value::String),
        toml::Value::Boolean(_) => Some(value),
        toml::Value::Array(values) => {
            let texts = values
                .iter()
                .map(|value| text_filled(value.as_str()?, here).map(toml::Value::String));
            texts.collect::<Option<_>>().map(toml::Value::Array)
        }
        _ => None,
    }
}

fn text_filled(text: &str, here: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut whole = parts.next()?.to_owned();
    while let Some(part) = parts.next() {
        if let Some(rest) = part.strip_prefix("(here)s") {
            whole.push_str(here);
            whole.push_str(rest);
        } else if part.is_empty() {
            // Two in a row stand for one, and what follows them is text.
            whole.push('%');
            whole.push_str(parts.next()?);
        } else {
            return None;
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(ini: &str, toml: &str) -> Option<Vec<String>> {
        let table = toml::read("t", toml).unwrap();
        let both = Both {
            ini: Ini::read(ini, &[("here".to_owned(), "/srv".to_owned())]).unwrap(),
            toml: table
                .into_iter()
                .map(|(name, value)| Some((name, filled(value, "/srv")?)))
                .collect::<Option<_>>()?,
        };
        let project = both.settings(Path::new("/")).ok()?;
        Some(
            project
                .folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect(),
        )
    }

    #[test]
    fn the_usual_settings_are_understood() {
        assert_eq!(project("[alembic]\nscript_location = .\n", "").unwrap(), ["/versions"]);
        assert_eq!(project("", "script_location = '%(here)s/..'"), None);
        assert_eq!(project("", "script_location = '/'").unwrap(), ["/versions"]);
        let several = "[alembic]\nscript_location = /\nversion_locations = a:%(here)s/b\npath_separator = os\n";
        #[cfg(unix)]
        assert_eq!(project(several, "").unwrap(), ["/a", "/srv/b"]);
        let listed = "script_location = '/'\nversion_locations = ['a', '%(here)s/b']";
        assert_eq!(project("", listed).unwrap(), ["/a", "/srv/b"]);
    }

    #[test]
    fn what_is_unusual_is_left_to_python() {
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
            assert_eq!(project(&format!("[alembic]\n{more}\n"), ""), None, "{more}");
        }
        assert_eq!(
            project("", "script_location = '/'\npost_write_hooks = [{name = 'x'}]"),
            None
        );
        assert_eq!(project("", "script_location = '/'\ntimezone = 3"), None);
    }

    #[test]
    fn percent_signs_are_filled_in() {
        assert_eq!(text_filled("%(here)s/a%%b", "/h").as_deref(), Some("/h/a%b"));
        assert_eq!(text_filled("%%(here)s", "/h").as_deref(), Some("%(here)s"));
        assert_eq!(text_filled("100%", "/h").as_deref(), None);
        assert_eq!(text_filled("%s", "/h").as_deref(), None);
    }
}
