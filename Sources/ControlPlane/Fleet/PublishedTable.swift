import Foundation
import Identity
import Routing

/// The routing table as this process has read it, by endpoint, and the last steps that led to it.
///
/// ```swift
/// table.set(id, to: line)           // for each endpoint that changed
/// table.number(generation)
/// table.changes(since: 41, keys) ?? table.whole(keys)
/// ```
struct PublishedTable: Sendable {
    private struct Line {
        /// With its line feed.
        let bytes: Data
        /// SHA-256 without it.
        let digest: [UInt8]
    }

    /// What each step replaced: the digest of an endpoint's line before, nil where it had none.
    private struct Step {
        let base: Int64
        let generation: Int64
        let replaced: [UUID: [UInt8]?]
    }

    private var lines: [UUID: Line] = [:]
    private var setDigest = LineSetDigest()
    private var steps: [Step] = []
    /// What was replaced since the last step.
    private var replaced: [UUID: [UInt8]?] = [:]
    /// 0 before the first.
    private(set) var generation: Int64 = 0

    /// Steps that are kept: a router that is further behind gets the whole table.
    private static let stepLimit = 256

    var routeCount: Int { lines.count }
    var endpoints: Set<UUID> { Set(lines.keys) }

    /// Changes the line of an endpoint; nil takes it away.
    mutating func set(_ id: UUID, to bytes: Data?) {
        let digest = bytes.map { Array(Digests.sha256($0.dropLast())) }
        let before = lines[id]?.digest
        guard digest != before else { return }
        if let before { setDigest.remove(before) }
        if let digest { setDigest.add(digest) }
        if replaced[id] == nil { replaced[id] = .some(before) }
        lines[id] = bytes.flatMap { bytes in digest.map { Line(bytes: bytes, digest: $0) } }
    }

    /// Ends a step. The number of a table that was published by somebody else is as good as a new one.
    mutating func number(_ generation: Int64) {
        guard generation != self.generation else { return }
        steps.append(Step(base: self.generation, generation: generation, replaced: replaced))
        if steps.count > Self.stepLimit { steps.removeFirst() }
        replaced = [:]
        self.generation = generation
    }

    /// Equal for equal tables.
    func digest(_ keys: [RoutingTable.TokenKey]) -> String {
        let names = Data(keys.map(\.keyID).joined(separator: ",").utf8)
        return "\(setDigest.hexadecimal):\(Digests.hex(Digests.sha256(names)))"
    }

    /// The whole table.
    func whole(_ keys: [RoutingTable.TokenKey]) throws -> Data {
        var table = try RoutingTable.encodedHeader(header(keys))
        for id in lines.keys.sorted() { if let line = lines[id] { table.append(line.bytes) } }
        return table
    }

    /// What makes this table of the one with that generation; nil where that is not known, or not worth it.
    func changes(since base: Int64, _ keys: [RoutingTable.TokenKey]) throws -> Data? {
        guard base > 0, let first = steps.firstIndex(where: { $0.base == base }) else { return nil }
        var before: [UUID: [UInt8]?] = [:]
        for step in steps[first...] { before.merge(step.replaced) { earlier, _ in earlier } }
        guard before.count <= max(16, lines.count / 2) else { return nil }
        var removed: [String] = []
        var added: [Data] = []
        for id in before.keys.sorted() {
            guard let old = before[id], old != lines[id]?.digest else { continue }
            if let old { removed.append(Digests.hex(Data(old))) }
            if let line = lines[id] { added.append(line.bytes) }
        }
        var bytes = try TableChanges.encodedHeader(
            TableChanges.Header(
                base: base, table: header(keys), removed: removed, addedCount: added.count,
                setDigest: setDigest.hexadecimal))
        for line in added { bytes.append(line) }
        return bytes
    }

    private func header(_ keys: [RoutingTable.TokenKey]) -> RoutingTable.Header {
        RoutingTable.Header(generation: generation, routeCount: lines.count, tokenKeys: keys)
    }
}
