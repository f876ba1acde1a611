package import Foundation

/// Identity of one replica, for as long as it lives.
package struct ReplicaID: Sendable, Hashable, Codable, CustomStringConvertible {
    package let value: UUID

    package init(_ value: UUID = UUID()) {
        self.value = value
    }

    package init?(_ text: String) {
        guard let value = UUID(uuidString: text) else { return nil }
        self.value = value
    }

    package init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().decode(UUID.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    package var description: String { value.uuidString.lowercased() }
}

/// What is needed to find a started replica again, also after a restart of the control plane.
package struct ReplicaHandle: Sendable, Hashable, Codable {
    package var id: ReplicaID
    /// Leader of the replica's process group; 0 for backends without processes.
    package var pid: Int32
    /// Start time of `pid` in clock ticks since boot (field 22 of `/proc/{pid}/stat`): tells a reused id from the process.
    package var startTicks: Int64
    /// `unix:/path/to/socket` or `tcp:127.0.0.1:31001`: where routers reach it.
    package var address: String
    /// Path of the model server that a scoring request goes to.
    package var scoringPath: String

    package init(id: ReplicaID, pid: Int32, startTicks: Int64, address: String, scoringPath: String) {
        (self.id, self.pid, self.startTicks) = (id, pid, startTicks)
        (self.address, self.scoringPath) = (address, scoringPath)
    }
}
