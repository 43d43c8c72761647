//! `heads`, `branches`, `history`, `show`, and `upgrade --if-behind` with nothing to do, without Python.
//!
//! Importing the command line and reading the configuration in Python takes several times as long as reading 1,000
//! headers. The program therefore calls [`answer`] first, which returns the whole output. It returns `None` if the
//! arguments, the configuration or the revision files are unusual, or if there is a warning or an error. Then the
//! Python command runs.

mod arguments;
mod at_target;
mod head_file;

use std::path::PathBuf;

use crate::config::settings;
use crate::graph::{Bound, Graph, Node, Place, Rev, Target};
use crate::script::{Header, Locations, Reading, docstring, read};
use crate::show::listing;
use crate::show::revision::Details;
use arguments::Command;
pub use at_target::Outside;

/// The environment of a command.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The working directory, absolute.
    pub working_directory: PathBuf,
    /// The environment variable `ALEMBIC_CONFIG`.
    pub config: Option<String>,
    /// Whether Python removes the indentation of docstrings (3.13 and later).
    pub dedents_docstrings: bool,
}

/// The output of a command, without the last line end; `None` if the Python command has to run.
#[must_use]
pub fn answer(arguments: &[String], environment: &Environment, outside: &dyn Outside) -> Option<String> {
    let invocation = arguments::parse(arguments)?;
    let config = invocation.config.or(environment.config.as_deref());
    let settings = settings::read(config, &environment.working_directory)?;
    if settings.revision_environment && matches!(invocation.command, Command::History { .. }) {
        return None;
    }
    let database = match invocation.command {
        Command::Upgrade { if_behind, .. } => Some(at_target::database(&settings, if_behind, outside)?),
        _ => None,
    };
    let locations = Locations {
        folders: settings.folders.clone(),
        recursive: settings.recursive,
        sourceless: false,
    };
    let headers = headers(&locations, environment.dedents_docstrings)?;
    let mut notices = Vec::new();
    let graph = Graph::build_noticing(headers.iter().map(Node::from), &mut notices).ok()?;
    if !notices.is_empty() {
        return None;
    }
    if let (Command::Upgrade { target, .. }, Some(database)) = (invocation.command, database) {
        return database.needs_no_steps(target, &graph, outside).then(String::new);
    }
    if matches!(invocation.command, Command::Heads { check: true, .. }) && !head_file::is_certain(&settings, &graph) {
        return None;
    }
    Project { graph, headers }.answer(invocation.command)
}

/// The headers of all files; `None` if a file needs an import, is listed twice or has an error.
fn headers(locations: &Locations, dedents_docstrings: bool) -> Option<Vec<Header>> {
    let listing = locations.list().ok().filter(|listing| listing.repeated.is_empty())?;
    let readings = read::read_once(&listing.files).ok()?;
    let headers = listing.files.into_iter().zip(readings).map(|(path, reading)| {
        let Reading::Known(mut fields) = reading else {
            return None;
        };
        if dedents_docstrings {
            fields.doc = fields.doc.as_deref().map(docstring::dedented).map(Into::into);
        }
        Header::new(path, fields).ok()
    });
    headers.collect()
}

/// The graph and the headers; the number of a revision is the index of its header.
struct Project {
    graph: Graph,
    headers: Vec<Header>,
}

impl Project {
    /// The output of a command; `None` if an identifier cannot be resolved to revisions.
    fn answer(&self, command: Command<'_>) -> Option<String> {
        let details = |rev: &Rev| self.details(*rev);
        Some(match command {
            Command::Heads { verbose, real_only, .. } => {
                let heads = if real_only {
                    self.graph.real_heads()
                } else {
                    self.graph.heads()
                };
                listing::heads(heads.iter().map(details), verbose)
            }
            Command::Branches { verbose } => {
                let revs = self.between("heads", "base")?;
                let points = revs.iter().filter(|&&rev| self.graph.next(rev).len() > 1);
                let with_next = |rev: &Rev| (details(rev), self.graph.next(*rev).iter().map(details).collect());
                listing::branches(points.map(with_next), verbose)
            }
            Command::History { verbose, start, end } => {
                listing::history(self.between(end, start)?.iter().map(details), verbose)
            }
            Command::Show { revision } => {
                let places = self.graph.several(&Target::from(revision)).ok()?;
                let revs: Vec<Rev> = places.into_iter().map(Place::rev).collect::<Option<_>>()?;
                listing::show(revs.iter().map(details))
            }
            Command::Upgrade { .. } => return None,
        })
    }

    /// The revisions from `upper` down to `lower`, newest first; `None` for an error or an ambiguous end.
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

    fn details(&self, rev: Rev) -> Details<'_> {
        Details::of(&self.graph, rev, &self.headers[rev], false)
    }
}
