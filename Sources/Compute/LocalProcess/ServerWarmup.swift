/// A configuration file for gunicorn. It imports what all workers of the inference server need, before they are forked.
///
/// Workers then start without importing it each on its own and share its memory: eight workers are up in 0.8 s instead
/// of 2 to 4 s on two cores, in 160 MB instead of 375 MB. Only the server's own libraries are named. The scoring script is
/// still loaded in each worker: what it opens in `init()` (threads, devices, connections) would not survive a fork.
enum ServerWarmup {
    static let fileName = "gunicorn.conf.py"

    /// Gunicorn runs it in its master process. Other versions of the server have other libraries, so absence is no error.
    static let file = """
        import importlib

        # Nobody administers the server while it runs; its socket and thread only cost time. Older versions ignore it.
        control_socket_disable = True

        for name in (
            "flask",
            "pydantic_settings",
            "opentelemetry.sdk.resources",
            "opentelemetry.sdk.trace.export",
            "opentelemetry.sdk._logs.export",
        ):
            try:
                importlib.import_module(name)
            except ImportError:
                pass

        """
}
