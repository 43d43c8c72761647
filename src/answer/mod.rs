//! Answers that need nothing of Python: `heads`, `branches`, `history` and `show` of a project whose files say it all.
//!
//! Starting the command line and a project's configuration in Python takes several times as long as reading a thousand
//! headers. So the program asks here first ([`answer`]). What comes back is the whole output, or nothing at all: wherever
//! the arguments, the configuration or the revision files have anything unusual about them, a warning or an error
//! included, the same command runs in Python, as it would have without this room, and says what there is to say.
//!
//! | file | concept |
//! |---|---|
//! | `arguments` | which question is asked |
//! | `settings` | where the configuration says that the revision files are |

mod arguments;
mod settings;

use std::path::PathBuf;

use crate::graph::{Bound, Graph, Node, Place, Rev, Target};
use crate::listing::{Facts, Parts, Style};
use crate::script::{Header, Locations, Reading, docstring, read};
use arguments::Question;

/// What a question is answered from, besides its arguments.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The folder that the program was started in, absolute.
    pub folder: PathBuf,
    /// The environment's `ALEMBIC_CONFIG`.
    pub config: Option<String>,
    /// Whether Python takes the indentation out of docstrings, as it does from 3.13 on.
    pub dedents: bool,
}

/// The output of a command, without the end of its last line; empty for no output at all.
///
/// `None` where only Python can tell.
#[must_use]
pub fn answer(arguments: &[String], around: &Surroundings) -> Option<String> {
    let asked = arguments::read(arguments)?;
    let project = settings::read(asked.config.or(around.config.as_deref()), &around.folder)?;
    if project.environment && matches!(asked.question, Question::History { .. }) {
        return None;
    }
    let headers = headers(&project.locations, around.dedents)?;
    let mut notices = Vec::new();
    let graph = Graph::build_noticing(headers.iter().map(Node::from), &mut notices).ok()?;
    if !notices.is_empty() {
        return None;
    }
    Listing { graph, headers }.answer(asked.question)
}

/// The headers of all files, if each is known without importing it.
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

/// A line that has the labels and nothing else.
const LABELS: Parts = Parts {
    labels: true,
    doc: false,
    below: false,
    forks: false,
};

fn sheet_or(verbose: bool, parts: Parts) -> Style {
    if verbose { Style::Sheet } else { Style::Line(parts) }
}

/// The revisions, numbered alike in both.
struct Listing {
    graph: Graph,
    headers: Vec<Header>,
}

impl Listing {
    fn answer(&self, question: Question<'_>) -> Option<String> {
        let texts: Vec<String> = match question {
            Question::Heads { verbose, free } => {
                let heads = if free {
                    self.graph.real_heads()
                } else {
                    self.graph.heads()
                };
                let style = sheet_or(verbose, LABELS);
                heads.iter().map(|&head| self.show(head, style)).collect()
            }
            Question::Branches { verbose } => {
                let forks = Parts { forks: true, ..LABELS };
                let mut texts = Vec::new();
                for rev in self.between("heads", "base")? {
                    if self.graph.next(rev).len() < 2 {
                        continue;
                    }
                    texts.push(self.show(rev, sheet_or(verbose, forks)));
                    let indent = " ".repeat(self.graph.id(rev).chars().count());
                    let mut next = self.graph.next(rev).to_vec();
                    next.sort_unstable_by_key(|&next| self.graph.id(next));
                    for next in next {
                        let branch = self.show(next, Style::Line(Parts { doc: verbose, ..forks }));
                        texts.push(format!("{indent} -> {branch}"));
                    }
                    texts.push(String::new());
                }
                texts
            }
            Question::History { verbose, start, end } => {
                let everything = Parts {
                    labels: true,
                    doc: true,
                    below: true,
                    forks: true,
                };
                let style = sheet_or(verbose, everything);
                let revs = self.between(end, start)?;
                revs.into_iter().map(|rev| self.show(rev, style)).collect()
            }
            Question::Show { revision } => {
                let places = self.graph.several(&Target::from(revision)).ok()?;
                let sheets = places.into_iter().map(|place| match place {
                    Place::At(rev) => Some(self.show(rev, Style::Sheet)),
                    Place::Nothing | Place::Base => None,
                });
                sheets.collect::<Option<_>>()?
            }
        };
        Some(texts.join("\n"))
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

    fn show(&self, rev: Rev, style: Style) -> String {
        Facts::of(&self.graph, rev, &self.headers[rev], false).show(style)
    }
}
