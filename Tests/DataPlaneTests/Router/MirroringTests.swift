import Foundation
import Routing
import Testing

@testable import DataPlane

@Suite struct MirroringTests {
    @Test func `a copy has the request's head and body, and only the live answer returns`() async throws {
        let blue = try StubReplica.echo()
        let green = try StubReplica.saying(StubReplica.answer("from green", status: "500 Internal Server Error"))
        let fixture = try RouterFixture()
        try await fixture.use([blue.route], TableOptions(green: [green.route], greenMirror: 100))
        try await onThread {
            let client = try fixture.connect()
            for body in ["one", "", "three"] {
                let message = try client.ask(scoring(body, fields: "x-trace: 7\r\n"))
                #expect(message.status == 200 && message.text == body)
                #expect(message["azureml-model-deployment"] == "blue")
            }
            #expect(green.wait { $0.requests.count == 3 })
            // Copies run beside the next requests: their order is not given.
            let copies = Dictionary(grouping: green.requests) { $0["x-request-id"] ?? "" }
            for live in blue.requests {
                let copy = try #require(copies[live["x-request-id"] ?? ""]?.first)
                #expect(copy.startLine == live.startLine && copy.text == live.text && copy["x-trace"] == "7")
                #expect(copy["authorization"] == nil)
            }
        }
        // The managed kind answers 424 for the model's own 500.
        #expect(await fixture.waitForReport(of: "green") { $0.answersByClass == [0, 0, 0, 3, 0] })
        let compared = try #require(
            await fixture.router.report().deployments.first { $0.deployment == "green" }?.mirrored)
        #expect(compared.map(\.live) == ["blue"] && compared[0].sameStatus == 0 && compared[0].differentStatus == 3)
        #expect(compared[0].liveMicroseconds > 0 && compared[0].mirrorMicroseconds > 0)
        #expect(
            await fixture.router.metrics().contains(
                "mirror_pairs_total{endpoint=\"Fraud\",deployment=\"green\",live=\"blue\",status=\"different\"} 3"))
        #expect(await fixture.waitForMetric("sluice_router_mirrors_total", 3))
        try await fixture.stop()
        blue.kill()
        green.kill()
    }

    @Test(arguments: [1, 10, 50, 99])
    func `exactly the share is copied, of what the split routes`(percent: Int) async throws {
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo()
        let fixture = try RouterFixture()
        let options = TableOptions(queueLimit: 1_000, green: [green.route], greenMirror: percent)
        try await fixture.use([blue.route], options)
        try await onThread {
            let client = try fixture.connect()
            for number in 0..<200 {
                // Chosen by the caller: not copied, and counted in no cycle.
                if number % 10 == 0 {
                    #expect(
                        try client.ask(scoring("chosen", fields: "azureml-model-deployment: blue\r\n")).status == 200)
                }
                #expect(try client.ask(scoring("split")).status == 200)
            }
            #expect(green.wait { $0.requests.count == 2 * percent })
            #expect(green.requests.allSatisfy { $0.text == "split" })
        }
        try await fixture.stop()
        blue.kill()
        green.kill()
    }

    @Test(arguments: [false, true])
    func `a body that comes in pieces is copied whole`(isChunked: Bool) async throws {
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo()
        try await withFixture(of: [blue], options: TableOptions(green: [green.route], greenMirror: 100)) { fixture in
            let pieces = (0..<30).map { String(repeating: "\($0) ", count: 5_000) }
            let body = pieces.joined()
            let client = try fixture.connect()
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.utf8.count)"
            try client.send(
                "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\n\(framing)\r\n\r\n")
            for piece in pieces {
                let text = isChunked ? "\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n" : piece
                try client.send(text)
            }
            if isChunked { try client.send("0\r\n\r\n") }
            #expect(try client.readMessage().text == body)
            #expect(green.wait { $0.requests.count == 1 })
            #expect(green.requests.first?.text == body)
        }
        green.kill()
    }

    @Test func `a mirror that hangs, or is not there, costs the live requests nothing`() async throws {
        let gate = Gate()
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo(behind: gate)
        let gone = try StubReplica.echo()
        gone.kill()
        let fixture = try RouterFixture()
        for (generation, mirror) in [(Int64(1), green.route), (2, gone.route)] {
            var options = TableOptions(generation: generation, green: [mirror], greenMirror: 100)
            options.greenSlots = 1
            options.greenQueueLimit = 2
            try await fixture.use([blue.route], options)
            try await onThread {
                let client = try fixture.connect()
                for number in 0..<50 {
                    let message = try client.ask(scoring("\(number)"))
                    #expect(message.status == 200 && message.text == "\(number)")
                }
            }
        }
        // One is inside the mirror, two wait, the others were refused by the bounded line.
        #expect(await fixture.waitForReport(of: "green") { $0.answersByClass.reduce(0, +) >= 47 })
        gate.open()
        try await fixture.stop()
        blue.kill()
        green.kill()
    }

    @Test func `what is too long, or ends early, is not copied`() async throws {
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo()
        let fixture = try RouterFixture()
        try await fixture.use([blue.route], TableOptions(green: [green.route], greenMirror: 100))
        try await onThread {
            let long = try fixture.connect()
            let body = String(repeating: "x", count: (4 << 20) + 1)
            #expect(try long.ask(scoring(body)).body.count == body.utf8.count)
            let broken = try fixture.connect()
            try broken.send(
                "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nContent-Length: 9\r\n\r\nhalf"
            )
            broken.close()
            let client = try fixture.connect()
            #expect(try client.ask(scoring("short")).status == 200)
            #expect(green.wait { $0.requests.count == 1 })
            #expect(green.requests.first?.text == "short")
        }
        #expect(await fixture.waitForMetric("sluice_router_mirrors_dropped_total", 2))
        try await fixture.stop()
        blue.kill()
        green.kill()
    }
}
