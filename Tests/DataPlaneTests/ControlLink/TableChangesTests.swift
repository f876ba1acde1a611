import Foundation
import Logging
import Routing
import Testing

@testable import DataPlane

/// Tables that arrive as changes of the one before.
@Suite struct TableChangesTests {
    private func route(_ index: Int, traffic: Int = 100) throws -> Data {
        let deployment = DeploymentRoute(
            name: "blue", scoringPath: "/score", requestTimeoutMs: 1_000, maxConcurrentRequestsPerReplica: 1,
            maxQueueWaitMs: 0, queueLimit: 0,
            replicas: [ReplicaRoute(id: "r\(index)", address: "tcp:127.0.0.1:\(2_000 + index)")])
        let route = Route(
            endpoint: "e\(index)", endpointID: "id\(index)", hosts: [], kind: .managed,
            authentication: Authentication(mode: .token, keyDigests: [], tokenIssuer: "", tokenAudience: ""),
            traffic: [TrafficShare(deployment: "blue", percent: traffic)], deployments: [deployment])
        return try RoutingTable.encodedRoute(route).dropLast()
    }

    private func table(_ generation: Int64, _ lines: [Data]) throws -> Data {
        var bytes = try RoutingTable.encodedHeader(
            RoutingTable.Header(generation: generation, routeCount: lines.count, tokenKeys: []))
        for line in lines { bytes += line + [0x0A] }
        return bytes
    }

    private func changes(
        from base: Int64, to generation: Int64, remove: [Data], add: [Data], result: [Data]
    ) throws -> Data {
        var digest = LineSetDigest()
        for line in result { digest.add(Digest(of: line, 0..<line.count).bytes) }
        let removed = remove.map { line in
            Digest(of: line, 0..<line.count).bytes.map { String(format: "%02x", $0) }.joined()
        }
        var bytes = try TableChanges.encodedHeader(
            TableChanges.Header(
                base: base, table: RoutingTable.Header(generation: generation, routeCount: result.count, tokenKeys: []),
                removed: removed, addedCount: add.count, setDigest: digest.hexadecimal))
        for line in add { bytes += line + [0x0A] }
        return bytes
    }

    private func compiler() throws -> TableCompiler {
        TableCompiler(slots: try SlotHost(directory: nil, loopCount: 1))
    }

    @Test func `changes make the table that a whole one would`() throws {
        let lines = try (0..<4).map { try route($0) }
        let next = [lines[0], try route(1, traffic: 0), lines[3], try route(9)]
        var one = try compiler()
        _ = try one.compile(try table(5, lines))
        let output = try one.compile(
            changes: try changes(from: 5, to: 6, remove: [lines[1], lines[2]], add: [next[1], next[3]], result: next))
        #expect(output.table.generation == 6)
        #expect(Set(output.table.routes.map(\.endpoint)) == ["e0", "e1", "e3", "e9"])
        #expect(output.compiledCount == 2)
        #expect(output.retired.map(\.id) == ["r2"], "the replica of the changed line lives on")
        let kept = try one.compile(try table(7, next))
        #expect(kept.compiledCount == 0, "the whole table is the same")
    }

    @Test func `changes that do not fit are refused, and the table stays`() throws {
        let lines = try (0..<3).map { try route($0) }
        var one = try compiler()
        _ = try one.compile(try table(5, lines))
        let other = try route(7)
        let unfit = [
            try changes(from: 4, to: 6, remove: [], add: [other], result: lines + [other]),
            try changes(from: 5, to: 5, remove: [], add: [other], result: lines + [other]),
            try changes(from: 5, to: 6, remove: [other], add: [], result: lines),
            try changes(from: 5, to: 6, remove: [], add: [lines[0]], result: lines),
            try changes(from: 5, to: 6, remove: [], add: [other], result: lines),
            try changes(from: 5, to: 6, remove: [lines[0]], add: [other], result: [lines[1], lines[2], try route(8)]),
        ]
        for bytes in unfit { #expect(throws: UnfitChanges.self) { try one.compile(changes: bytes) } }
        #expect(throws: RoutingTableError.self) {
            try one.compile(changes: try changes(from: 5, to: 6, remove: [], add: [other], result: [other]).dropLast(9))
        }
        let output = try one.compile(
            changes: try changes(from: 5, to: 6, remove: [], add: [other], result: lines + [other]))
        #expect(output.table.routes.count == 4)
    }

    @Test func `saved changes lead on from the saved table, up to where a crash cut them off`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-table-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a left-over temporary folder harms nobody
        let saved = SavedTable(path: folder.appending(path: "table").path)
        let lines = try (0..<3).map { try route($0) }
        try saved.write(try table(5, lines))
        let first = try changes(from: 5, to: 6, remove: [lines[0]], add: [], result: [lines[1], lines[2]])
        let second = try changes(from: 6, to: 8, remove: [lines[1]], add: [lines[0]], result: [lines[0], lines[2]])
        try saved.append(first)
        try saved.append(second)
        #expect(try saved.readChanges(since: 5) == [first, second])
        #expect(try saved.readChanges(since: 6) == [second], "a whole table was saved, and its changes not yet removed")
        #expect(try saved.readChanges(since: 4) == [])
        let path = saved.path + ".changes"
        for cut in [1, 5, second.count - 3] {
            let whole = try Data(contentsOf: URL(filePath: path))
            try whole.dropLast(cut).write(to: URL(filePath: path))
            #expect(try saved.readChanges(since: 5) == [first])
            try whole.write(to: URL(filePath: path))
        }
        try saved.write(try table(9, lines))
        #expect(try saved.readChanges(since: 9) == [])
        #expect(saved.takesChanges(1_000) && !saved.takesChanges(2 << 20))
    }
}
