//! Output: the listings of commands, and pictures of the revision graph.
//!
//! | file | concept |
//! |---|---|
//! | [`revision`] | one revision, on one line or in full |
//! | [`listing`] | the output of `heads`, `branches`, `history` and `show` |
//! | [`graph`] | pictures of the graph: terminal, SVG, Graphviz, Mermaid |

pub mod graph;
pub mod listing;
pub mod revision;
