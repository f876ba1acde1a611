/// Everything a router needs to serve scoring requests: a whole snapshot; only its transfer may be a difference
/// (``TableChanges``).
///
/// On the wire and on disk a table is **JSON lines**: the first line is the ``Header``, every further line
/// one ``Route``. A line of its own per endpoint lets a router keep what it compiled for every route whose
/// line did not change, so a push of a thousand endpoints costs one comparison each.
package struct RoutingTable: Sendable, Equatable {
    package var header: Header
    package var routes: [Route]

    package init(header: Header, routes: [Route]) {
        (self.header, self.routes) = (header, routes)
    }

    /// The first line of a table: `{"format":1,"generation":42,"routeCount":2,"tokenKeys":[…]}`.
    package struct Header: Sendable, Equatable, Codable {
        /// Version of this document's shape; a router refuses one it does not know.
        package var format: Int
        /// Grows with every table that is published; a router never goes back.
        package var generation: Int64
        /// Number of route lines that follow: a truncated file is told from a whole one by it.
        package var routeCount: Int
        /// Public keys that endpoint tokens are signed with.
        package var tokenKeys: [TokenKey]
        /// The hosts whose routers serve this table; nil or one where all routers share one host's slots.
        package var hosts: [RouterHost]?

        package init(generation: Int64, routeCount: Int, tokenKeys: [TokenKey], hosts: [RouterHost]? = nil) {
            self.format = RoutingTable.currentFormat
            (self.generation, self.routeCount) = (generation, routeCount)
            (self.tokenKeys, self.hosts) = (tokenKeys, hosts)
        }
    }

    /// A public key for RS256 signatures, with the `kid` that names it in a token's header.
    package struct TokenKey: Sendable, Equatable, Codable {
        package var keyID: String
        /// SubjectPublicKeyInfo as PEM text.
        package var publicKeyPEM: String

        package init(keyID: String, publicKeyPEM: String) {
            (self.keyID, self.publicKeyPEM) = (keyID, publicKeyPEM)
        }
    }

    package static let currentFormat = 1
}

/// A host with routers, among several that send requests to the same replicas.
///
/// The coordinators wait for the word of every host that is not gone: a host is to be called gone only when all of its
/// routers have ended, and is to be left in the table as such until their leases and requests have ended as well.
package struct RouterHost: Sendable, Equatable, Codable {
    package var id: String
    /// `tcp:10.0.0.1:7000`, where the host's routers answer those of others.
    package var address: String
    /// Whether it may coordinate endpoints; nil for yes. Each endpoint has one coordinator among those that may.
    package var coordinates: Bool?
    /// All of its routers have ended; nil for no.
    package var isGone: Bool?

    package init(id: String, address: String, coordinates: Bool? = nil, isGone: Bool? = nil) {
        (self.id, self.address, self.coordinates, self.isGone) = (id, address, coordinates, isGone)
    }
}
