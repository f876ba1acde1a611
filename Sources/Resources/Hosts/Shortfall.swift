/// Why replicas that are wanted could not be placed, for whoever owns their workload.
package struct Shortfall: Sendable, Equatable, Codable {
    /// Replicas that are missing.
    package var missing: Int
    package var reason: String

    package init(missing: Int, reason: String) {
        (self.missing, self.reason) = (missing, reason)
    }
}
