package import Foundation

/// What makes one routing table another: the transfer of a new table to a router that serves an older one.
///
/// On the wire it is JSON lines as a table is: a ``Header``, then the new route lines. A router still holds a whole table; it
/// refuses changes that do not lead from the table that it serves to the one whose digest they name, and is sent the whole
/// table then.
package enum TableChanges {
    /// The first line: `{"addedCount":1,"base":41,"format":1,"removed":["9f86…"],"setDigest":"…","table":{…}}`.
    package struct Header: Sendable, Equatable, Codable {
        /// Generation of the table that the changes are to be made to.
        package var base: Int64
        /// The header of the table that results.
        package var table: RoutingTable.Header
        /// SHA-256 of the route lines that go, without their line feeds, in hexadecimal.
        package var removed: [String]
        /// Number of route lines that follow.
        package var addedCount: Int
        /// ``LineSetDigest`` of all route lines that result, in hexadecimal.
        package var setDigest: String

        package init(
            base: Int64, table: RoutingTable.Header, removed: [String], addedCount: Int, setDigest: String
        ) {
            (self.base, self.table, self.removed) = (base, table, removed)
            (self.addedCount, self.setDigest) = (addedCount, setDigest)
        }
    }

    /// The header line with its line feed; the added route lines follow it.
    package static func encodedHeader(_ header: Header) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var line = try encoder.encode(header)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
