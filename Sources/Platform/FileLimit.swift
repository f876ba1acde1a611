import Glibc

/// How many files, sockets among them, this process may have open.
///
/// Systems give a process few of them, often 1,024, and let it take more: what uses `select` can't count further. Neither
/// the control plane nor a router does.
package enum FileLimit {
    /// Raises the limit as far as the system allows, and tells it.
    @discardableResult
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        // Refused, the limit stays as it was.
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }
}
