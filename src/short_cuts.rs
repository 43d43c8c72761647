//! The switch of all short cuts; `limbeck.short_cuts` is the same in Python.

use std::sync::LazyLock;

/// Whether short cuts are enabled: `LIMBECK_SHORT_CUTS=0` in the environment disables them. Read once per process.
#[must_use]
pub fn enabled() -> bool {
    static ENABLED: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("LIMBECK_SHORT_CUTS").is_none_or(|value| value != "0"));
    *ENABLED
}
