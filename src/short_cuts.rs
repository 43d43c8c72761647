//! The switch of every short cut, as `limbeck.short_cuts` has it for Python.

use std::sync::LazyLock;

/// Whether short cuts may be taken: not where the environment says `LIMBECK_SHORT_CUTS=0`. Read once for each process.
#[must_use]
pub fn enabled() -> bool {
    static ENABLED: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("LIMBECK_SHORT_CUTS").is_none_or(|value| value != "0"));
    *ENABLED
}
