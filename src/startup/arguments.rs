//! Parses the simplest forms of the arguments; all others are left to `argparse`.

/// The command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question<'a> {
    /// `heads`; with `free`, only those on which no revision depends.
    Heads { verbose: bool, free: bool },
    /// `branches`.
    Branches { verbose: bool },
    /// `history` between two revisions.
    History {
        verbose: bool,
        start: &'a str,
        end: &'a str,
    },
    /// `show`.
    Show { revision: &'a str },
}

/// A command, and the configuration file that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub question: Question<'a>,
    pub config: Option<&'a str>,
}

/// Parse the arguments of the program.
pub(super) fn read(arguments: &[String]) -> Option<Asked<'_>> {
    let mut words = arguments.iter().map(String::as_str);
    let mut word = words.next()?;
    let mut config = None;
    if matches!(word, "-c" | "--config") {
        config = Some(value(words.next())?);
        word = words.next()?;
    }
    let mut options = Options::default();
    while let Some(option) = words.next() {
        match option {
            "-v" | "--verbose" if word != "show" => options.verbose = true,
            "--resolve-dependencies" if word == "heads" => options.free = true,
            "-r" | "--rev-range" if word == "history" => options.range = Some(value(words.next())?),
            _ if word == "show" && options.revision.is_none() => options.revision = Some(value(Some(option))?),
            _ => return None,
        }
    }
    let Options { verbose, free, .. } = options;
    let question = match word {
        "heads" => Question::Heads { verbose, free },
        "branches" => Question::Branches { verbose },
        "history" => {
            let (start, end) = options.range.map_or(Some(("", "")), ends)?;
            Question::History {
                verbose,
                start: if start.is_empty() { "base" } else { start },
                end: if end.is_empty() { "heads" } else { end },
            }
        }
        "show" => Question::Show {
            revision: options.revision.filter(|revision| *revision != "current")?,
        },
        _ => return None,
    };
    Some(Asked { question, config })
}

#[derive(Default)]
struct Options<'a> {
    verbose: bool,
    free: bool,
    range: Option<&'a str>,
    revision: Option<&'a str>,
}

/// Whether `argparse` takes a word as a value, and not as an option.
fn value(word: Option<&str>) -> Option<&str> {
    word.filter(|word| !word.is_empty() && !word.starts_with('-'))
}

/// The ends of a range that does not refer to the database.
fn ends(range: &str) -> Option<(&str, &str)> {
    let (start, end) = range.trim().split_once(':')?;
    let known = !end.contains(':') && start != "current" && end != "current";
    known.then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<(Question<'static>, Option<&'static str>)> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        // Leaked, in a test only.
        read(Vec::leak(words)).map(|asked| (asked.question, asked.config))
    }

    #[test]
    fn plain_questions_are_understood() {
        let heads = |verbose, free| Question::Heads { verbose, free };
        assert_eq!(asked("heads"), Some((heads(false, false), None)));
        assert_eq!(
            asked("heads --verbose --resolve-dependencies"),
            Some((heads(true, true), None))
        );
        assert_eq!(
            asked("-c a.ini branches -v"),
            Some((Question::Branches { verbose: true }, Some("a.ini")))
        );
        assert_eq!(asked("show a1"), Some((Question::Show { revision: "a1" }, None)));
        let history = |verbose, start, end| Some((Question::History { verbose, start, end }, None));
        assert_eq!(asked("history"), history(false, "base", "heads"));
        assert_eq!(asked("history -r a: -v"), history(true, "a", "heads"));
        assert_eq!(asked("history --rev-range :b"), history(false, "base", "b"));
    }

    #[test]
    fn all_others_are_left_alone() {
        for line in [
            "",
            "head",
            "heads x",
            "heads --verb",
            "heads --help",
            "-q heads",
            "-n other heads",
            "-c",
            "-c heads",
            "show",
            "show -1",
            "show current",
            "show a b",
            "show -v a",
            "history -i",
            "history -r",
            "history -r -3:",
            "history -r a",
            "history -r a:b:c",
            "history -r current:",
            "history -r :current",
            "upgrade head",
            "--raiseerr heads",
            "heads -r a:b",
            "branches --resolve-dependencies",
            "-c a.ini -c b.toml heads",
            "--version",
        ] {
            assert_eq!(asked(line), None, "{line}");
        }
    }
}
