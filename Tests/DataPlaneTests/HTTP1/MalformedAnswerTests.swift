import FuzzChecks
import Testing

@testable import DataPlane

/// Heads of responses and what becomes of them, each in every arrival.
@Suite(.ownThread) struct MalformedAnswerTests {
    private static let malformedLines: [String] =
        [
            "", " ", "HTTP", "HTTP/", "HTTP/1", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 2", "HTTP/1.1 20",
            "HTTP/1.1 20 ",
            "HTTP/1.1 20 OK", "HTTP/1.1 2000", "HTTP/1.1 2000 OK", "HTTP/1.1 0200 OK", "HTTP/1.1 20O OK",
            "HTTP/1.1 2 0 OK",
            "HTTP/1.1 +20 OK", "HTTP/1.1 -20 OK", "HTTP/1.1 0x2 OK", "HTTP/1.1 2.0 OK", "HTTP/1.1 ok OK", "HTTP/1.1 OK",
            "HTTP/1.1 OK 200", "HTTP/1.1 000 OK", "HTTP/1.1 001 OK", "HTTP/1.1 099 OK", "HTTP/1.1 600 OK",
            "HTTP/1.1 999 OK",
            "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 \t200", "HTTP/1.1200 OK",
            "HTTP/1.1 200OK",
            "HTTP/1.1 200,OK", "HTTP/1.1 200.1 OK", "HTTP/1.1 200; OK", "HTTP/1.1 \u{B2}00 OK", "HTTP/1.1 200\u{A0}OK",
            " HTTP/1.1 200 OK", "\tHTTP/1.1 200 OK", "\rHTTP/1.1 200 OK", "\u{0}HTTP/1.1 200 OK", "http/1.1 200 OK",
            "Http/1.1 200 OK", "HTTP 1.1 200 OK", "HTTP/ 1.1 200 OK", "HTTP/01.1 200 OK", "HTTP/11.1 200 OK",
            "HTTP/1,1 200 OK",
            "HTTP/1.1.1 200 OK", "HTTP/1.10 200 OK", "HTTP/2.0 200 OK", "HTTP/0.9 200 OK", "HTTP/3 200",
            "HTTP/2 200 OK",
            "HTTPS/1.1 200 OK", "ICY 200 OK", "SIP/2.0 200 OK", "RTSP/1.0 200 OK", "200 OK", "Status: 200 OK",
            "GET / HTTP/1.1", "POST /score HTTP/1.1", "Content-Length: 5", "<html>", "{\"result\": [1.0]}",
            "\u{16}\u{3}\u{1}",
            "HTTP/1.1 200 OK\r", "HTTP/1.1 200\r OK", "HTTP/1.1\r 200 OK", "HTTP/1.1 200 O\rK", "HTTP/1.1 200 \r",
            "\u{EF}\u{BB}\u{BF}HTTP/1.1 200 OK",
        ] + ([0, 1, 8, 11, 12, 27, 31, 127] as [UInt8]).map { "HTTP/1.1 200 O\(Character(UnicodeScalar($0)))K" }

    @Test func `a first line that is no status line is refused`() {
        for line in Self.malformedLines {
            expectAnswer(latin1(line + "\r\nContent-Length: 5\r\n\r\nhello"), .refused(.malformed))
            // Without a field behind it, the head may be shorter than any status line.
            guard !line.isEmpty else { continue }
            expectAnswer(latin1(line + "\r\n\r\n"), .refused(.malformed))
        }
        for start in ["\r\n", "\n", "\r\n\r\n"] {
            expectAnswer(latin1(start + "HTTP/1.1 200 OK\r\n\r\n"), .refused(.malformed))
        }
    }

    @Test func `a minor version that is neither 0 nor 1 is told apart`() {
        for version in (2...9).map({ "\($0)" }) + ["x", " ", "-", "\u{0}", "\u{B1}"] {
            expectAnswer(latin1("HTTP/1.\(version) 200 OK\r\n\r\n"), .refused(.unsupportedVersion))
        }
    }

    @Test func `statuses and reasons are read as they are`() {
        let lines: [(line: String, status: Int, reason: String)] = [
            ("200", 200, ""), ("200 ", 200, ""), ("200 OK", 200, "OK"), ("200  OK ", 200, " OK "),
            ("299 a b\tc", 299, "a b\tc"),
            ("404 Not Found", 404, "Not Found"), ("500 \u{E9}\u{80}\u{FF}", 500, "\u{E9}\u{80}\u{FF}"),
            ("599 200 OK", 599, "200 OK"),
            ("400 HTTP/1.1 200 OK", 400, "HTTP/1.1 200 OK"), ("301 <b>\"'&", 301, "<b>\"'&"),
            ("205 %0d%0a", 205, "%0d%0a"),
            ("422 " + String(repeating: "r", count: 400), 422, String(repeating: "r", count: 400)),
        ]
        for (line, status, reason) in lines {
            for minorVersion in [0, 1] as [UInt8] {
                let message = latin1("HTTP/1.\(minorVersion) \(line)\r\nX: a\r\n\r\n")
                let reading = answer(status, reason, minorVersion: minorVersion, fields: [("X", "a")])
                expectAnswer(message, .read(reading, length: message.count))
                expectAnswer(message + latin1("HTTP/1.1 200 OK\r\n\r\n"), .read(reading, length: message.count))
            }
        }
    }

    @Test func `a head without its empty line is incomplete at every byte`() {
        let message = latin1("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: \u{E9}\r\n\r\n")
        for count in 0..<message.count { expectAnswer(Array(message[..<count]), .incomplete) }
    }

    @Test func `a line end that is not both characters is refused`() {
        for message in [
            "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\nX: a\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\n\r\n",
            "HTTP/1.1 200 OK\r\n\n",
            "HTTP/1.1 200 OK\rX: a\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\rY: b\r\n\r\n", "HTTP/1.1 200 OK\r\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\r\r\n\r\n", "HTTP/1.1 200 OK\n\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\r\n\n",
        ] { expectAnswer(latin1(message), .refused(.malformed)) }
    }

    private func expectRefusal(_ lines: [String], _ status: String = "HTTP/1.1 200 OK") {
        for line in lines {
            expectAnswer(latin1("\(status)\r\nA: b\r\n\(line)\r\nY: z\r\n\r\n"), .refused(.malformed))
        }
    }

    @Test func `fields are held to the same rules as a request's`() {
        expectRefusal(FieldLines.malformed)
        for (line, name, value) in FieldLines.accepted {
            let message = latin1("HTTP/1.1 200 OK\r\n\(line)\r\n\r\n")
            expectAnswer(message, .read(answer(fields: [(name, value)]), length: message.count))
        }
        expectRefusal(Connections.malformed.map { "Connection: \($0)" })
    }

    @Test func `a body's end is said once and plainly`() {
        expectRefusal(Lengths.malformed.map { "Content-Length: \($0)" })
        expectRefusal(Encodings.malformed.map { "Transfer-Encoding: \($0)" })
        expectRefusal(Encodings.accepted.map { "Transfer-Encoding:\($0)" }, "HTTP/1.0 200 OK")
        let statements = [
            "Content-Length: 5", "content-length:5", "Content-Length: 0", "Content-Length: 05",
            "Transfer-Encoding: chunked",
            "transfer-encoding:CHUNKED",
        ]
        for status in ["HTTP/1.1 200 OK", "HTTP/1.1 204 No", "HTTP/1.1 304 Not", "HTTP/1.1 100 Go"] {
            for first in statements { expectRefusal(statements.map { "\(first)\r\n\($0)" }, status) }
        }
    }

    /// RFC 9112 section 6.3.
    @Test func `how a body ends follows from status and fields`() {
        let statements: [(field: (String, String)?, framing: BodyFraming)] = [
            (nil, .untilClose), (("Content-Length", "0"), .length(0)), (("Content-Length", "5"), .length(5)),
            (("Transfer-Encoding", "chunked"), .chunked),
        ]
        for status in [100, 101, 103, 199, 200, 201, 204, 205, 206, 300, 304, 400, 424, 500, 599] {
            for (field, framing) in statements {
                let fields = field.map { [$0] } ?? []
                let lines = fields.map { "\($0): \($1)\r\n" }.joined()
                let message = latin1("HTTP/1.1 \(status) OK\r\n\(lines)\r\n")
                let hasNoBody = status < 200 || status == 204 || status == 304
                let reading = answer(status, framing: hasNoBody ? .none : framing, fields: fields)
                expectAnswer(message, .read(reading, length: message.count))
                withHead(message) { head in
                    let framing = head.bodyFraming(answeringHEAD: true)
                    #expect(framing == .none)
                }
            }
        }
    }

    private func withHead(_ message: [UInt8], _ body: (borrowing ResponseHead) -> Void) {
        message.withBytes { bytes in
            var head = ResponseHead()
            var end = HeadEnd()
            let outcome = head.scan(bytes, &end, limits: HeadLimits())
            #expect(outcome == .complete(length: bytes.count))
            body(head)
        }
    }

    @Test func `Connection says whether the replica goes on`() {
        for (value, in11, in10) in Connections.accepted where !value.hasPrefix("\t") && !value.hasPrefix(" ") {
            for (minorVersion, keepsAlive) in [(1, in11), (0, in10)] as [(UInt8, Bool)] {
                let message = latin1("HTTP/1.\(minorVersion) 200 OK\r\nConnection: \(value)\r\n\r\n")
                let reading = answer(
                    minorVersion: minorVersion, keepsAlive: keepsAlive, fields: [("Connection", value)])
                expectAnswer(message, .read(reading, length: message.count))
            }
        }
    }

    @Test func `the last byte and field within a limit pass, the next one does not`() {
        let start = "HTTP/1.1 200 OK\r\nX: "
        for (size, isAccepted) in [(16_384, true), (16_385, false), (40_000, false)] {
            let value = String(repeating: "x", count: size - start.utf8.count - 4)
            let outcome: Outcome<ResponseReading> =
                isAccepted ? .read(answer(fields: [("X", value)]), length: size) : .refused(.headTooLarge)
            expectAnswer(latin1(start + value + "\r\n\r\n"), outcome)
        }
        for (count, isAccepted) in [(100, true), (101, false)] {
            let fields = (0..<count).map { ("X\($0)", "1") }
            let message = latin1("HTTP/1.1 200 OK\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n")
            expectAnswer(
                message, isAccepted ? .read(answer(fields: fields), length: message.count) : .refused(.tooManyFields))
        }
    }
}
