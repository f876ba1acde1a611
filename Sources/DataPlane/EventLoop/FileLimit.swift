import Glibc

/// How many files, sockets among them, this process may have open.
enum FileLimit {
    /// Raises the limit as far as the system allows, and tells it.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        // Refused, the limit stays as it was.
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }

    /// Client connections that leave enough files for replicas, pipes and everything else.
    static func connections(of files: Int) -> Int { max(16, files / 4 * 3 - 64) }
}
