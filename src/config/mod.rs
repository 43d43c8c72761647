//! `alembic.ini` and `pyproject.toml`, read once.
//!
//! [`ini`] reads an ini file as Python's `configparser` does with its defaults, [`interpolation`] puts values into
//! values as `configparser.BasicInterpolation` does, [`toml`] reads TOML, and [`settings`] is what both say.

pub mod ini;
pub mod interpolation;
pub mod settings;
pub mod toml;

pub use ini::Ini;
