//! Parses the usual forms of the commands; all others are left to `argparse`.

/// A command with its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// The heads; with `real_only`, only those without dependents.
    Heads { verbose: bool, real_only: bool },
    /// The branch points.
    Branches { verbose: bool },
    /// `history` between two revisions.
    History {
        verbose: bool,
        start: &'a str,
        end: &'a str,
    },
    /// The details of the revisions of an identifier.
    Show { revision: &'a str },
}

/// A command and the configuration file given with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invocation<'a> {
    pub command: Command<'a>,
    pub config: Option<&'a str>,
}

/// Parse the arguments of the program.
pub(super) fn read(arguments: &[String]) -> Option<Invocation<'_>> {
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
            "--resolve-dependencies" if word == "heads" => options.real_only = true,
            "-r" | "--rev-range" if word == "history" => options.range = Some(value(words.next())?),
            _ if word == "show" && options.revision.is_none() => options.revision = Some(value(Some(option))?),
            _ => return None,
        }
    }
    let Options { verbose, real_only, .. } = options;
    let command = match word {
        "heads" => Command::Heads { verbose, real_only },
        "branches" => Command::Branches { verbose },
        "history" => {
            let (start, end) = options.range.map_or(Some(("", "")), ends)?;
            Command::History {
                verbose,
                start: if start.is_empty() { "base" } else { start },
                end: if end.is_empty() { "heads" } else { end },
            }
        }
        "show" => Command::Show {
            revision: options.revision.filter(|revision| *revision != "current")?,
        },
        _ => return None,
    };
    Some(Invocation { command, config })
}

#[derive(Default)]
struct Options<'a> {
    verbose: bool,
    real_only: bool,
    range: Option<&'a str>,
    revision: Option<&'a str>,
}

/// A word that `argparse` too reads as a value and not as an option.
fn value(word: Option<&str>) -> Option<&str> {
    word.filter(|word| !word.is_empty() && !word.starts_with('-'))
}

/// The ends of a range that does not depend on the database.
fn ends(range: &str) -> Option<(&str, &str)> {
    let (start, end) = range.trim().split_once(':')?;
    let known = !end.contains(':') && start != "current" && end != "current";
    known.then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<(Command<'static>, Option<&'static str>)> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        // Leaked: a few words of a test.
        read(Vec::leak(words)).map(|asked| (asked.command, asked.config))
    }

    #[test]
    fn usual_forms_are_parsed() {
        let heads = |verbose, real_only| Command::Heads { verbose, real_only };
        assert_eq!(asked("heads"), Some((heads(false, false), None)));
        assert_eq!(
            asked("heads --verbose --resolve-dependencies"),
            Some((heads(true, true), None))
        );
        assert_eq!(
            asked("-c a.ini branches -v"),
            Some((Command::Branches { verbose: true }, Some("a.ini")))
        );
        assert_eq!(asked("show a1"), Some((Command::Show { revision: "a1" }, None)));
        let history = |verbose, start, end| Some((Command::History { verbose, start, end }, None));
        assert_eq!(asked("history"), history(false, "base", "heads"));
        assert_eq!(asked("history -r a: -v"), history(true, "a", "heads"));
        assert_eq!(asked("history --rev-range :b"), history(false, "base", "b"));
    }

    #[test]
    fn other_forms_are_left_to_argparse() {
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
