package import Foundation

/// Why a document is not a routing table.
package enum RoutingTableError: Error, Equatable, CustomStringConvertible {
    case empty
    case unknownFormat(Int)
    case wrongRouteCount(expected: Int, found: Int)
    case malformedLine(number: Int, reason: String)

    package var description: String {
        switch self {
        case .empty: "the routing table is empty"
        case .unknownFormat(let format):
            "the routing table has format \(format), this router knows \(RoutingTable.currentFormat)"
        case .wrongRouteCount(let expected, let found):
            "the routing table announces \(expected) routes and holds \(found)"
        case .malformedLine(let number, let reason): "line \(number) of the routing table: \(reason)"
        }
    }
}

extension RoutingTable {
    /// The table as JSON lines, each ended by a line feed; keys are sorted, so equal tables have equal bytes.
    package func encodedLines() throws -> Data {
        var lines = try Self.encodedHeader(header)
        for route in routes { lines.append(try Self.encodedRoute(route)) }
        return lines
    }

    /// One header line with its line feed.
    package static func encodedHeader(_ header: Header) throws -> Data {
        try encodedLine(header)
    }

    /// One route line with its line feed.
    package static func encodedRoute(_ route: Route) throws -> Data {
        try encodedLine(route)
    }

    /// Reads a whole table; refuses one that is truncated or of another format.
    package init(lines: Data) throws(RoutingTableError) {
        let (header, routeLines) = try Self.split(lines)
        var routes: [Route] = []
        routes.reserveCapacity(routeLines.count)
        for (offset, line) in routeLines.enumerated() {
            routes.append(try Self.decodeRoute(line, number: offset + 2))
        }
        self.init(header: header, routes: routes)
    }

    /// The header, and every route line as raw bytes, for callers that decode only the lines that changed.
    package static func split(_ lines: Data) throws(RoutingTableError) -> (header: Header, routeLines: [Data]) {
        var parts = lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        guard !parts.isEmpty else { throw .empty }
        let first = parts.removeFirst()
        let header: Header
        do {
            header = try JSONDecoder().decode(Header.self, from: first)
        } catch {
            throw .malformedLine(number: 1, reason: "\(error)")
        }
        guard header.format == currentFormat else { throw .unknownFormat(header.format) }
        guard header.routeCount == parts.count else {
            throw .wrongRouteCount(expected: header.routeCount, found: parts.count)
        }
        return (header, parts)
    }

    /// One route line; `number` is its line number, for the error.
    package static func decodeRoute(_ line: Data, number: Int) throws(RoutingTableError) -> Route {
        do {
            return try JSONDecoder().decode(Route.self, from: line)
        } catch {
            throw .malformedLine(number: number, reason: "\(error)")
        }
    }

    private static func encodedLine(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var line = try encoder.encode(value)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
