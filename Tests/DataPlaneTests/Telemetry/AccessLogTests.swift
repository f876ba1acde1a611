import Foundation
import Testing

@testable import DataPlane

@Suite struct AccessLogTests {
    private struct Line: Decodable {
        var time: Date
        var status: Int
        var milliseconds: Double
        var router, requestId, peer: String
        var endpoint, deployment, clientRequestId: String?
        var mirror: Bool?
    }

    private static func lines(_ path: String) throws -> [Line] {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return try Date(text, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try text.split(separator: "\n").map { try decoder.decode(Line.self, from: Data($0.utf8)) }
    }

    @Test func `a line per request tells what came of it, and nothing that may be secret`() async throws {
        let path = "/tmp/access-\(getpid())-\(UInt32.random(in: 0...(.max))).log"
        defer { unlink(path) }
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo()
        let fixture = try RouterFixture { $0.accessLog = path }
        try await fixture.use([blue.route], TableOptions(green: [green.route], greenMirror: 100))
        let ids = try await onThread {
            let client = try fixture.connect()
            var ids: [String?] = []
            for request in [
                scoring("a", fields: "x-ms-client-request-id: mine\r\n"), scoring(key: "wrong"),
                scoring(path: "/api/v1/endpoint/fraud/score?token=hidden"),
            ] {
                try client.send(request)
                ids.append(try client.readMessage()["x-request-id"])
            }
            #expect(green.wait { $0.requests.count == 2 })
            return ids
        }
        // The last lines are written when the router ends.
        try await fixture.stop()
        let lines = try Self.lines(path)
        let live = lines.filter { $0.mirror == nil }
        #expect(live.map(\.requestId) == ids)
        #expect(live.map(\.status) == [200, 401, 200])
        #expect(live.map(\.deployment) == ["blue", nil, "blue"])
        #expect(live.map(\.clientRequestId) == ["mine", nil, nil])
        #expect(lines.filter { $0.mirror == true }.map(\.deployment) == ["green", "green"])
        #expect(live.allSatisfy { abs($0.time.timeIntervalSinceNow) < 60 && $0.milliseconds >= 0 })
        #expect(live.allSatisfy { $0.peer == "127.0.0.1" && $0.router == "router" })
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(!text.contains("secret") && !text.contains("hidden") && !text.contains("wrong"))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        blue.kill()
        green.kill()
    }

    @Test func `one request in so many is written down, and no more than there is room for`() {
        let queue = AccessLogQueue(interval: 3)
        #expect((1...9).filter { queue.isWanted($0) } == [3, 6, 9])
        let record = AccessRecord(
            time: 0, microseconds: 0, status: 200, isMirror: false, id: RequestID(), clientID: ShortText(),
            peer: ShortText(), deployment: nil)
        for _ in 0..<AccessLogQueue.capacity + 5 { queue.append(record) }
        #expect(queue.droppedCount == 5)
        #expect(queue.takeAll().count == AccessLogQueue.capacity)
        #expect(queue.takeAll().isEmpty)
    }

    @Test func `a file that was moved away is followed by a new one`() throws {
        let path = "/tmp/access-\(getpid())-\(UInt32.random(in: 0...(.max))).log"
        defer {
            unlink(path)
            unlink("\(path).1")
        }
        let record = AccessRecord(
            time: 0, microseconds: 5, status: 200, isMirror: false, id: RequestID(), clientID: ShortText(),
            peer: ShortText(), deployment: nil)
        var writer = AccessLogWriter(path: path, routerID: "r")
        try writer.write([record, record])
        try FileManager.default.moveItem(atPath: path, toPath: "\(path).1")
        try writer.write([record])
        writer.close()
        #expect(try Self.lines("\(path).1").count == 2)
        #expect(try Self.lines(path).count == 1)
    }
}
