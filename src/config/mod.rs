//! `alembic.ini` and `pyproject.toml`, read once.
//!
//! [`ini`] reads an ini file as Python's `configparser` does with its default settings, [`interpolation`] expands
//! references as `configparser.BasicInterpolation` does, [`toml`] reads TOML, and [`settings`] combines both files.

pub mod ini;
pub mod interpolation;
pub mod settings;
pub mod toml;

pub use ini::Ini;
