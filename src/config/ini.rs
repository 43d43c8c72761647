//! Ini files as `configparser.ConfigParser` reads them with its default settings.

use std::collections::HashSet;

use crate::error::Error;

/// The section whose options apply to all others.
const DEFAULT: &str = "DEFAULT";

/// Options in the order of the file: names in lower case, values before interpolation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options(Vec<(String, String)>);

impl Options {
    /// The value of an option; `None` if it is missing.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Add an option, or replace its value without changing the order.
    pub fn set(&mut self, name: String, value: String) {
        match self.0.iter_mut().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A parsed ini file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ini {
    /// The defaults passed to [`Ini::read`], and `[DEFAULT]`.
    pub defaults: Options,
    /// The other sections, in the order of the file.
    pub sections: Vec<(String, Options)>,
}

/// A line that is neither a section nor an option: its number, and the line with its line end.
pub type BadLine = (usize, String);

/// The section that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CurrentSection {
    Default,
    /// An index into [`Ini::sections`].
    Other(usize),
}

/// An option whose value may continue on the next line.
struct OpenOption {
    name: String,
    lines: Vec<String>,
}

struct Reader {
    ini: Ini,
    section: Option<CurrentSection>,
    section_name: String,
    open: Option<OpenOption>,
    /// Sections and options that were read.
    read_options: HashSet<(String, String)>,
    bad_lines: Vec<BadLine>,
    /// The indentation of the last section header, option or bad line.
    indent: usize,
}

impl Ini {
    /// Read the text of a file.
    ///
    /// `defaults` are options that all sections have, such as `here`.
    ///
    /// # Errors
    ///
    /// Those of `configparser`: a duplicate section or option, a line before the first section, lines that are neither a
    /// section nor an option.
    pub fn read(text: &str, defaults: &[(String, String)]) -> Result<Self, Error> {
        let mut reader = Reader {
            ini: Self::default(),
            section: None,
            section_name: String::new(),
            open: None,
            read_options: HashSet::new(),
            bad_lines: Vec::new(),
            indent: 0,
        };
        for (name, value) in defaults {
            reader.ini.defaults.set(name.to_lowercase(), value.clone());
        }
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for (index, line) in text.split_inclusive('\n').enumerate() {
            reader.line(index + 1, line)?;
        }
        reader.finish_option();
        if reader.bad_lines.is_empty() {
            Ok(reader.ini)
        } else {
            Err(Error::IniLines {
                lines: reader.bad_lines,
            })
        }
    }

    /// The section of that name; `None` if it is missing, and for `[DEFAULT]`.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&Options> {
        self.sections
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, options)| options)
    }

    /// A value before interpolation, from the section or else from the defaults; `None` if neither has it. `name` is in
    /// lower case.
    #[must_use]
    pub fn raw(&self, section: &Options, name: &str) -> Option<String> {
        section.get(name).or_else(|| self.defaults.get(name)).map(str::to_owned)
    }

    /// A value after interpolation; `None` if the section is missing, or if neither it nor the defaults have the value.
    ///
    /// # Errors
    ///
    /// If a reference is malformed, circular, nested too deep, or names a missing option.
    pub fn get(&self, section: &str, name: &str) -> Result<Option<String>, Error> {
        let Some(options) = self.section(section) else {
            return Ok(None);
        };
        let name = name.to_lowercase();
        let Some(raw) = self.raw(options, &name) else {
            return Ok(None);
        };
        let lookup = |key: &str| self.raw(options, key);
        super::interpolation::expand(section, &name, &raw, &lookup).map(Some)
    }

    /// The options of a section after interpolation, the defaults first; `None` if the section is missing.
    ///
    /// # Errors
    ///
    /// Those of [`Ini::get`].
    pub fn items(&self, section: &str) -> Result<Option<Vec<(String, String)>>, Error> {
        let Some(options) = self.section(section) else {
            return Ok(None);
        };
        let mut all = self.defaults.clone();
        for (name, value) in options.iter() {
            all.set(name.to_owned(), value.to_owned());
        }
        let lookup = |key: &str| self.raw(options, key);
        all.iter()
            .map(|(name, raw)| {
                Ok((
                    name.to_owned(),
                    super::interpolation::expand(section, name, raw, &lookup)?,
                ))
            })
            .collect::<Result<_, Error>>()
            .map(Some)
    }
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Error> {
        let value = strip(line);
        if value.is_empty() || value.starts_with(['#', ';']) {
            // An empty line is part of the value above it; a comment is not.
            if value.is_empty()
                && let Some(open) = &mut self.open
            {
                open.lines.push(String::new());
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|c| is_space(*c)).count();
        if let Some(open) = &mut self.open
            && indent > self.indent
        {
            open.lines.push(value.to_owned());
            return Ok(());
        }
        self.indent = indent;
        if let Some(header) = section_header(value) {
            return self.start_section(number, header);
        }
        if self.section.is_none() {
            return Err(Error::IniNoSection {
                line: number,
                text: line.to_owned(),
            });
        }
        if let Some(delimiter) = value.find(['=', ':']) {
            return self.start_option(number, line, &value[..delimiter], &value[delimiter + 1..]);
        }
        self.bad_lines.push((number, line.to_owned()));
        Ok(())
    }

    fn start_section(&mut self, number: usize, header: &str) -> Result<(), Error> {
        self.finish_option();
        if header == DEFAULT {
            self.section = Some(CurrentSection::Default);
        } else if self.ini.section(header).is_some() {
            return Err(Error::IniSectionTwice {
                line: number,
                section: header.to_owned(),
            });
        } else {
            self.section = Some(CurrentSection::Other(self.ini.sections.len()));
            self.ini.sections.push((header.to_owned(), Options::default()));
        }
        header.clone_into(&mut self.section_name);
        Ok(())
    }

    fn start_option(&mut self, number: usize, line: &str, name: &str, value: &str) -> Result<(), Error> {
        self.finish_option();
        let name = strip_end(name).to_lowercase();
        if name.is_empty() {
            self.bad_lines.push((number, line.to_owned()));
        }
        if !self.read_options.insert((self.section_name.clone(), name.clone())) {
            return Err(Error::IniOptionTwice {
                line: number,
                section: self.section_name.clone(),
                option: name,
            });
        }
        if !name.is_empty() {
            self.open = Some(OpenOption {
                name,
                lines: vec![strip(value).to_owned()],
            });
        }
        Ok(())
    }

    /// Store the open option, if there is one.
    fn finish_option(&mut self) {
        let (Some(open), Some(section)) = (self.open.take(), self.section) else {
            return;
        };
        let value = strip_end(&open.lines.join("\n")).to_owned();
        let options = match section {
            CurrentSection::Default => Some(&mut self.ini.defaults),
            CurrentSection::Other(index) => self.ini.sections.get_mut(index).map(|(_, options)| options),
        };
        if let Some(options) = options {
            options.set(open.name, value);
        }
    }
}

/// The name in `[name]`, up to the last bracket; `None` for another line. Text after the bracket is ignored.
fn section_header(value: &str) -> Option<&str> {
    let inside = value.strip_prefix('[')?;
    let end = inside.rfind(']')?;
    (end > 0).then(|| &inside[..end])
}

/// Python's `str.isspace`.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Python's `str.strip`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Python's `str.rstrip`.
fn strip_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Ini {
        Ini::read(text, &[]).unwrap()
    }

    fn value_in_main(text: &str, name: &str) -> Option<String> {
        read(&format!("[main]\n{text}")).get("main", name).unwrap()
    }

    #[test]
    fn indented_lines_continue_values() {
        assert_eq!(value_in_main("a = 1\n  2\n\n  3\n", "a").as_deref(), Some("1\n2\n\n3"));
        assert_eq!(value_in_main("a = 1\n# c\n   ; d\n  2\n", "a").as_deref(), Some("1\n2"));
        assert_eq!(value_in_main("a =\n  1\n", "a").as_deref(), Some("\n1"));
        assert_eq!(value_in_main("  a = 1\n  b = 2\n", "b").as_deref(), Some("2"));
    }

    #[test]
    fn names_are_lower_case_and_end_at_first_delimiter() {
        assert_eq!(value_in_main("Some Key : v = 1", "some key").as_deref(), Some("v = 1"));
        assert_eq!(
            value_in_main("a =  x ; not a comment", "A").as_deref(),
            Some("x ; not a comment")
        );
        assert_eq!(value_in_main("a=", "a").as_deref(), Some(""));
        assert_eq!(value_in_main("a=", "b"), None);
    }

    #[test]
    fn section_names_end_at_last_bracket_and_share_defaults() {
        let ini = read("[a]\nx=1\n[ b ] tail\n[c]d]\n[DEFAULT]\ny=2\n[e]\ny=3\n");
        let names: Vec<_> = ini.sections.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", " b ", "c]d", "e"]);
        assert_eq!(ini.get("a", "y").unwrap().as_deref(), Some("2"));
        assert_eq!(ini.get("e", "y").unwrap().as_deref(), Some("3"));
        assert_eq!(ini.get("nowhere", "y").unwrap(), None);
    }

    #[test]
    fn defaults_come_first() {
        let ini = Ini::read("[a]\nx=%(HERE)s/1\n", &[("here".into(), "/h".into())]).unwrap();
        let items = ini.items("a").unwrap().unwrap();
        assert_eq!(items, [("here".into(), "/h".into()), ("x".into(), "/h/1".into())]);
    }

    #[test]
    fn errors_have_line_numbers() {
        let fails = |text: &str| Ini::read(text, &[]).unwrap_err();
        assert!(matches!(
            fails("[a]\n[b]\n[a]\n"),
            Error::IniSectionTwice { line: 3, .. }
        ));
        assert!(matches!(
            fails("[a]\nx=1\nX=2\n"),
            Error::IniOptionTwice { line: 3, .. }
        ));
        assert!(matches!(fails("\nx=1\n"), Error::IniNoSection { line: 2, .. }));
        let Error::IniLines { lines } = fails("[a]\nx\n = 1\n") else {
            panic!()
        };
        assert_eq!(lines, [(2, "x\n".into()), (3, " = 1\n".into())]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r"(\[?[a-z]{0,2}\]?[ =:#;%()s\n\r\t\u{1c}\u{2003}é]{0,3}){0,40}") {
            if let Ok(ini) = Ini::read(&text, &[("here".to_owned(), "%(here)s".to_owned())]) {
                for (name, options) in &ini.sections {
                    for (option, _) in options.iter() {
                        // A value or an error, but no panic and no endless loop.
                        let _: Result<_, _> = ini.get(name, option);
                    }
                }
            }
        }
    }
}
