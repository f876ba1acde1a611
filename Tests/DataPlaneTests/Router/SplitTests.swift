import Routing
import Testing

@testable import DataPlane

@Suite struct SplitTests {
    /// Sends requests one after the other on a connection of its own; returns how many each deployment answered.
    private static func answers(_ fixture: RouterFixture, _ count: Int) throws -> [String: Int] {
        let client = try fixture.connect()
        defer { client.close() }
        var counts: [String: Int] = [:]
        for number in 0..<count {
            let message = try client.ask(scoring("\(number)"))
            #expect(message.status == 200 && message.text == "\(number)")
            counts[message["azureml-model-deployment"] ?? "", default: 0] += 1
        }
        return counts
    }

    @Test func `a hundred requests through a router are split exactly, and exactly otherwise after a new table`()
        async throws
    {
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo()
        let fixture = try RouterFixture(loops: 2)
        for (generation, percent) in [90, 33, 100, 1, 50].enumerated() {
            let options = TableOptions(
                generation: Int64(generation + 1), green: [green.route], bluePercent: percent,
                greenPercent: 100 - percent)
            try await fixture.use([blue.route], options)
            try await onThread {
                // Each connection has a loop to itself while it lasts, whichever of the two it is.
                for _ in 0..<3 {
                    let counts = try Self.answers(fixture, 100)
                    #expect(counts["blue", default: 0] == percent && counts["green", default: 0] == 100 - percent)
                }
            }
        }
        try await fixture.stop()
        blue.kill()
        green.kill()
    }

    @Test func `a mirror with traffic of its own gets copies of its share of the others' requests`() async throws {
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo()
        let fixture = try RouterFixture()
        let options = TableOptions(
            queueLimit: 1_000, green: [green.route], bluePercent: 60, greenPercent: 40, greenMirror: 50)
        try await fixture.use([blue.route], options)
        try await onThread {
            let counts = try Self.answers(fixture, 500)
            #expect(counts == ["blue": 300, "green": 200])
            #expect(green.wait { $0.requests.count == 200 + 150 })
            #expect(blue.requests.count == 300)
        }
        #expect(
            await fixture.waitForReport(of: "green") {
                $0.mirrored?.map(\.sameStatus) == [150] && $0.mirrored?.map(\.live) == ["blue"]
            })
        try await fixture.stop()
        blue.kill()
        green.kill()
    }
}
