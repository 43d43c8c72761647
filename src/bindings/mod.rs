//! The only place where Rust and Python meet.
//!
//! Each file here exposes one room of the engine; this one lists them.

use pyo3::prelude::*;

mod aio;
mod answer;
mod config;
mod draw;
mod errors;
mod graph;
mod listing;
mod plan;
mod script;
mod standing;
mod store;
mod text;

#[pymodule(name = "_core")]
fn core_module(module: &Bound<'_, PyModule>) -> PyResult<()> {
    answer::register(module)?;
    config::register(module)?;
    script::register(module)?;
    graph::register(module)?;
    listing::register(module)?;
    plan::register(module)?;
    standing::register(module)?;
    store::register(module)?;
    draw::register(module)?;
    Ok(())
}
