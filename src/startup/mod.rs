//! `heads`, `branches`, `history` and `show` without Python.
//!
//! Importing the command line and reading the configuration in Python takes several times as long as reading 1,000
//! headers. The program therefore calls [`answer`] first, which returns the whole output, or `None` if the arguments, the
//! configuration or the revision files are unusual, or for a warning or an error. Then the Python command runs.

mod arguments;

use std::path::PathBuf;

use crate::config::settings;
use crate::graph::{Bound, Graph, Node, Place, Rev, Target};
use crate::script::{Header, Locations, Reading, docstring, read};
use crate::show::listing;
use crate::show::revision::Facts;
use arguments::Command;

/// The environment of a command.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The working directory, absolute.
    pub folder: PathBuf,
    /// The environment variable `ALEMBIC_CONFIG`.
    pub config: Option<String>,
    /// Whether Python removes the indentation of docstrings (3.13 and later).
    pub dedents: bool,
}

/// The output of a command, without the last line end; `None` if the Python command has to run.
#[must_use]
pub fn answer(arguments: &[String], environment: &Environment) -> Option<String> {
    let invocation = arguments::read(arguments)?;
    let project = settings::read(invocation.config.or(environment.config.as_deref()), &environment.folder)?;
    if project.environment && matches!(invocation.command, Command::History { .. }) {
        return None;
    }
    let locations = Locations {
        folders: project.folders,
        recursive: project.recursive,
        sourceless: false,
    };
    let headers = headers(&locations, environment.dedents)?;
    let mut notices = Vec::new();
    let graph = Graph::build_noticing(headers.iter().map(Node::from), &mut notices).ok()?;
    if !notices.is_empty() {
        return None;
    }
    Project { graph, headers }.answer(invocation.command)
}

/// The headers of all files; `None` if one needs an import.
fn headers(locations: &Locations, dedents: bool) -> Option<Vec<Header>> {
    let found = locations.list().ok().filter(|found| found.repeated.is_empty())?;
    let readings = read::read_once(&found.files).ok()?;
    let known = found.files.into_iter().zip(readings).map(|(path, reading)| {
        let Reading::Known(mut fields) = reading else {
            return None;
        };
        if dedents {
            fields.doc = fields.doc.as_deref().map(docstring::dedented);
        }
        Header::new(path, fields).ok()
    });
    known.collect()
}

/// The graph and the headers, with the same numbers.
struct Project {
    graph: Graph,
    headers: Vec<Header>,
}

impl Project {
    fn answer(&self, command: Command<'_>) -> Option<String> {
        let facts = |rev: &Rev| self.facts(*rev);
        Some(match command {
            Command::Heads { verbose, real_only } => {
                let heads = if real_only {
                    self.graph.real_heads()
                } else {
                    self.graph.heads()
                };
                listing::heads(heads.iter().map(facts), verbose)
            }
            Command::Branches { verbose } => {
                let revs = self.between("heads", "base")?;
                let points = revs.iter().filter(|&&rev| self.graph.next(rev).len() > 1);
                let with_next = |rev: &Rev| (facts(rev), self.graph.next(*rev).iter().map(facts).collect());
                listing::branches(points.map(with_next), verbose)
            }
            Command::History { verbose, start, end } => {
                listing::history(self.between(end, start)?.iter().map(facts), verbose)
            }
            Command::Show { revision } => {
                let places = self.graph.several(&Target::from(revision)).ok()?;
                let revs: Vec<Rev> = places.into_iter().map(Place::rev).collect::<Option<_>>()?;
                listing::show(revs.iter().map(facts))
            }
        })
    }

    fn between(&self, upper: &str, lower: &str) -> Option<Vec<Rev>> {
        let bound = Bound {
            inclusive: true,
            ..Bound::default()
        };
        let mut ambiguous = false;
        let range = self.graph.upward(&upper.into(), &lower.into(), bound, &mut ambiguous);
        let range = range.ok().filter(|_| !ambiguous)?;
        let heads: Vec<Rev> = range.heads.iter().filter_map(|place| place.rev()).collect();
        self.graph.order(&range.revs, &heads).ok()
    }

    fn facts(&self, rev: Rev) -> Facts<'_> {
        Facts::of(&self.graph, rev, &self.headers[rev], false)
    }
}
