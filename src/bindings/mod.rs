//! The only place where Rust and Python meet.
//!
//! Each file here exposes one module of the engine; this one lists them.

use pyo3::prelude::*;

mod aio;
mod config;
mod errors;
mod graph;
mod picture;
mod plan;
mod script;
mod show;
mod startup;
mod status;
mod store;
mod text;

#[pymodule(name = "_core")]
fn core_module(module: &Bound<'_, PyModule>) -> PyResult<()> {
    startup::register(module)?;
    config::register(module)?;
    script::register(module)?;
    graph::register(module)?;
    show::register(module)?;
    plan::register(module)?;
    status::register(module)?;
    store::register(module)?;
    picture::register(module)?;
    Ok(())
}
