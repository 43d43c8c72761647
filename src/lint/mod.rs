//! What the statements of a migration do: the facts that the rules of `alembic lint` read.

mod alter_table;
mod change;
mod sql;
mod squawk;

pub use change::Change;
pub use sql::{Reading, read};
pub use squawk::{Squawk, squawk};
