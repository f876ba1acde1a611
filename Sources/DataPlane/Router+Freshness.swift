import Logging

extension Router {
    /// Looks at the tables of the host's routers in this interval.
    private static let freshnessInterval = Duration.milliseconds(250)

    /// Drains a router whose control link is broken while others of its host get new tables: the keys that it takes may
    /// have been revoked. Whoever supervises it starts another one.
    ///
    /// Only living routers are compared, so a router that is alone, or all of them without a control plane, serve on.
    func drainWhenOutdated() async {
        var behindSince: MonotonicTime?
        while !Task.isCancelled {
            let served = shared.servedGeneration
            let newest = shared.slots.compareTables(serving: served)
            let now = MonotonicTime.now
            // Without a table nothing is served, so nothing is outdated.
            if served > 0, served < newest {
                let since = behindSince ?? now
                behindSince = since
                if since.after(milliseconds: configuration.outdatedLimitMs) <= now {
                    logger.error(
                        "the router got no new table for too long, and drains",
                        metadata: ["table.generation": "\(served)", "table.newest": "\(newest)"])
                    drain()
                    return
                }
            } else {
                behindSince = nil
            }
            // Only cancellation throws, which ends the loop.
            try? await Task.sleep(for: Self.freshnessInterval)
        }
    }
}
