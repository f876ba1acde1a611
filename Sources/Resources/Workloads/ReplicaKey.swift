package import Foundation

/// Identity of one replica, for as long as it lives.
package struct ReplicaID: UniqueID {
    package let value: UUID

    package init(_ value: UUID) {
        self.value = value
    }
}

/// One life of a replica: each start after a failure is another one. Two lives share neither address nor slots.
package struct ReplicaKey: Sendable, Hashable, Codable, CustomStringConvertible {
    package var id: ReplicaID
    /// From 1 on.
    package var life: Int

    package init(_ id: ReplicaID, life: Int) {
        (self.id, self.life) = (id, life)
    }

    /// What routers know it by: the replica's id, and from the second life on `id.life`.
    package var routeID: String { life <= 1 ? id.description : description }

    package var description: String { "\(id).\(life)" }
}

/// Where routers reach a replica.
package struct ReplicaAddress: Sendable, Hashable, Codable {
    /// `unix:/path/to/socket` or `tcp:127.0.0.1:31001`.
    package var address: String
    /// Path of the model server that a scoring request goes to.
    package var scoringPath: String

    package init(_ address: String, scoringPath: String) {
        (self.address, self.scoringPath) = (address, scoringPath)
    }
}
