//! `alembic.ini` and `pyproject.toml`, read once.
//!
//! [`ini`] reads an ini file as Python's `configparser` does with its defaults, [`interpolation`] puts values into
//! values as `configparser.BasicInterpolation` does, and [`toml`] finds `[tool.alembic]`.

pub mod ini;
pub mod interpolation;
pub mod toml;

pub use ini::Ini;
