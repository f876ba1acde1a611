/// Everything a router needs to serve scoring requests: a whole snapshot, never a difference.
///
/// On the wire and on disk a table is **JSON lines**: the first line is the ``Header``, every further line
/// one ``Route``. A line of its own per endpoint lets a router keep what it compiled for every route whose
/// line did not change, so a push of a thousand endpoints costs one comparison each.
package struct RoutingTable: Sendable, Equatable {
    package var header: Header
    package var routes: [Route]

    package init(header: Header, routes: [Route]) {
        self.header = header
        self.routes = routes
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

        package init(generation: Int64, routeCount: Int, tokenKeys: [TokenKey]) {
            self.format = RoutingTable.currentFormat
            self.generation = generation
            self.routeCount = routeCount
            self.tokenKeys = tokenKeys
        }
    }

    /// A public key for RS256 signatures, with the `kid` that names it in a token's header.
    package struct TokenKey: Sendable, Equatable, Codable {
        package var keyID: String
        /// SubjectPublicKeyInfo as PEM text.
        package var publicKeyPEM: String

        package init(keyID: String, publicKeyPEM: String) {
            self.keyID = keyID
            self.publicKeyPEM = publicKeyPEM
        }
    }

    package static let currentFormat = 1
}
