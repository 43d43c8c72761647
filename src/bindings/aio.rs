//! Rust futures as awaitables of asyncio. The first one starts the Tokio runtime.

use std::future::Future;
use std::sync::Once;

use pyo3::prelude::*;

static CONFIGURED: Once = Once::new();

/// Start `future` on the runtime. Returns an awaitable of the running asyncio loop; its cancellation drops the future.
pub(super) fn start<'py, F, T>(py: Python<'py>, future: F) -> PyResult<Bound<'py, PyAny>>
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: for<'p> IntoPyObject<'p> + Send + 'static,
{
    CONFIGURED.call_once(|| {
        // One thread is enough: the futures only wait for connections.
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("limbeck").enable_all();
        pyo3_async_runtimes::tokio::init(builder);
    });
    pyo3_async_runtimes::tokio::future_into_py(py, future)
}
