//! What an upgrade, downgrade or stamp will do; the version table's state machine.

pub mod standing;
