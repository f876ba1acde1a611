import FuzzChecks
import Testing

@testable import DataPlane

/// Request heads and what becomes of them: tables of faults, each in every arrival.
@Suite(.ownThread) struct MalformedHeadTests {
    /// A request of `GET / HTTP/1.1` with the given lines behind a `Host`.
    private func head(_ lines: String..., version: String = "1.1") -> [UInt8] {
        latin1((["GET / HTTP/\(version)", "Host: a"] + lines).joined(separator: "\r\n") + "\r\nY: z\r\n\r\n")
    }

    private func reading(
        _ fields: (String, String)..., minorVersion: UInt8 = 1, framing: BodyFraming = .none, keepsAlive: Bool? = nil
    ) -> RequestReading {
        request(
            minorVersion: minorVersion, framing: framing, keepsAlive: keepsAlive,
            fields: [("Host", "a")] + fields + [("Y", "z")])
    }

    private func expectRefusal(
        _ lines: [String], version: String = "1.1", _ fault: HeadFault = .malformed,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for line in lines {
            expectRequest(head(line, version: version), .refused(fault), sourceLocation: sourceLocation)
        }
    }

    // MARK: The request line

    @Test func `a first line that is no request line is refused`() {
        for line in RequestLines.malformed {
            expectRequest(latin1(line + "\r\nHost: a\r\n\r\n"), .refused(.malformed))
        }
    }

    @Test func `a version that is neither 1.0 nor 1.1 is told apart`() {
        for line in RequestLines.otherVersions {
            expectRequest(latin1(line + "\r\nHost: a\r\n\r\n"), .refused(.unsupportedVersion))
        }
    }

    @Test func `methods and targets are read as they are`() {
        for (method, target) in RequestLines.accepted {
            for minorVersion in [0, 1] as [UInt8] {
                let message = latin1("\(method) \(target) HTTP/1.\(minorVersion)\r\nHost: a\r\n\r\n")
                let reading = request(method, target, minorVersion: minorVersion, fields: [("Host", "a")])
                expectRequest(message, .read(reading, length: message.count))
                expectRequest(message + latin1("GET /hidden HTTP/1.1\r\n\r\n"), .read(reading, length: message.count))
            }
        }
    }

    @Test func `a target with a fragment is no request target`() {
        let accepted = ["/#", "/score#x", "/score?a#b", "http://a/#b", "#"].filter {
            RequestReading.read(latin1("GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n")) != .refused(.malformed)
        }
        #expect(accepted.isEmpty)
    }

    // MARK: Lines

    @Test func `a line ends with a carriage return and a line feed and nothing else`() {
        let ends = [
            "\n", "\r", "\r\r\n", "\n\r", "\n\r\n", "\r\u{0}\n", "\r \n", "\u{B}", "\u{0}", " \n", "\0\r\n",
        ]
        let lines = ["GET / HTTP/1.1", "Host: a", "X: b", ""]
        for end in ends + ["\r\n\r", "\r\n\n"] {
            // Behind the empty line is another message.
            for place in lines.indices where place < 3 || ends.contains(end) {
                let message = lines.indices.map { lines[$0] + ($0 == place ? end : "\r\n") }.joined()
                expectRequest(latin1(message + "\r\n\r\n"), .refused(.malformed))
            }
        }
    }

    @Test func `nothing comes before the first line`() {
        for start in ["\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", "\u{0}", "\r\r\n", " \r\n", "\u{B}\r\n", "\u{FEFF}"] {
            let bytes = start == "\u{FEFF}" ? [0xEF, 0xBB, 0xBF] : latin1(start)
            expectRequest(bytes + latin1("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), .refused(.malformed))
        }
    }

    @Test func `a head without its empty line is incomplete at every byte`() {
        let message = latin1("POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: \u{E9}\r\n\r\n")
        for count in 0..<message.count { expectRequest(Array(message[..<count]), .incomplete) }
    }

    // MARK: Fields

    @Test func `a line that is no field is refused wherever it stands`() {
        expectRefusal(FieldLines.malformed)
        for line in FieldLines.malformed {
            for message in [
                "GET / HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n",
                "GET / HTTP/1.0\r\n\(line)\r\n\r\n",
            ] {
                #expect(RequestReading.read(latin1(message)) == .refused(.malformed), "\(spelt(latin1(message)))")
            }
        }
    }

    @Test func `fields are read without the blanks around their values`() {
        for (line, name, value) in FieldLines.accepted {
            let message = head(line)
            expectRequest(message, .read(reading((name, value)), length: message.count))
        }
    }

    // MARK: Framing

    @Test func `a length that is not one number is refused`() {
        for name in ["Content-Length", "content-length", "CONTENT-LENGTH"] {
            expectRefusal(Lengths.malformed.map { "\(name):\($0)" })
        }
        expectRefusal(Lengths.malformed.map { "Content-Length: \($0)" }, version: "1.0")
    }

    @Test func `a length is read`() {
        for (value, length) in Lengths.accepted {
            for minorVersion in [0, 1] as [UInt8] {
                let message = head("Content-Length:\(value)", version: "1.\(minorVersion)")
                let trimmed = value.filter { $0.isNumber }
                let reading = reading(
                    ("Content-Length", trimmed), minorVersion: minorVersion, framing: .length(length))
                expectRequest(message, .read(reading, length: message.count))
            }
        }
    }

    @Test func `an encoding that is not chunked alone is refused`() {
        for name in ["Transfer-Encoding", "transfer-encoding", "TRANSFER-ENCODING"] {
            expectRefusal(Encodings.malformed.map { "\(name):\($0)" })
        }
    }

    @Test func `chunked is read in any case, and refused in HTTP 1.0`() {
        for value in Encodings.accepted {
            let message = head("Transfer-Encoding:\(value)")
            let trimmed = value.filter { $0.isLetter }
            expectRequest(
                message, .read(reading(("Transfer-Encoding", trimmed), framing: .chunked), length: message.count))
            expectRefusal(["Transfer-Encoding:\(value)"], version: "1.0")
        }
    }

    /// Whatever two fields say about the end of a body, no head is accepted in which both stand.
    @Test func `two statements about the end of a body are refused, even if they agree`() {
        let statements =
            ["5", "0", "05", "6", "5, 5", "", "chunked"].map { "Content-Length: \($0)" }
            + ["chunked", "CHUNKED", "identity", "gzip, chunked", "", "5"].map { "Transfer-Encoding: \($0)" }
            + ["content-length:5", "transfer-encoding:chunked"]
        for first in statements {
            for second in statements {
                expectRefusal(["\(first)\r\n\(second)"])
                for (version, between) in [("1.0", ""), ("1.0", "X: a\r\n"), ("1.1", "X: a\r\n")] {
                    let message = head("\(first)\r\n\(between)\(second)", version: version)
                    #expect(RequestReading.read(message) == .refused(.malformed), "\(spelt(message))")
                }
            }
        }
    }

    @Test func `a framing field in disguise is refused`() {
        for (name, value) in [("Content-Length", "5"), ("Transfer-Encoding", "chunked")] {
            for disguise in [
                " ", "\t", "\u{B}", "\u{C}", "\u{0}", "\r", "\u{7F}", "\u{A0}", "\u{AD}", "\"", "\\", ";",
            ] {
                expectRefusal(["\(name)\(disguise): \(value)", "\(disguise)\(name): \(value)"])
                expectRefusal(["X: a\r\n\(disguise)\(name): \(value)", "\(name.prefix(4))\(disguise)\(name): \(value)"])
            }
        }
    }

    // MARK: Host and others

    @Test func `there is one Host, and in HTTP 1.0 at most one`() {
        for value in Hosts.accepted {
            let message = latin1("GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n")
            expectRequest(message, .read(request(fields: [("Host", value)]), length: message.count))
            for second in ["Host: \(value)", "host: b", "HOST:", "Host:\ta"] {
                for version in ["1.0", "1.1"] {
                    expectRequest(
                        latin1("GET / HTTP/\(version)\r\nHost: \(value)\r\n\(second)\r\n\r\n"), .refused(.malformed))
                }
            }
        }
        expectRequest(latin1("GET / HTTP/1.1\r\n\r\n"), .refused(.malformed))
        expectRequest(latin1("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n"), .refused(.malformed))
        expectRequest(latin1("GET http://a/ HTTP/1.1\r\n\r\n"), .refused(.malformed))
        let old = latin1("GET / HTTP/1.0\r\n\r\n")
        expectRequest(old, .read(request(minorVersion: 0, fields: []), length: old.count))
    }

    @Test func `a Host that is no host is refused`() {
        let accepted = Hosts.malformed.filter {
            RequestReading.read(latin1("GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n")) != .refused(.malformed)
        }
        #expect(accepted.isEmpty)
    }

    @Test func `a Connection that is no list of tokens is refused`() {
        expectRefusal(Connections.malformed.map { "Connection: \($0)" })
    }

    @Test func `Connection says whether the connection goes on`() {
        for (value, in11, in10) in Connections.accepted {
            let trimmed = String(
                value.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            for (minorVersion, keepsAlive) in [(1, in11), (0, in10)] as [(UInt8, Bool)] {
                let message = head("Connection: \(value)", version: "1.\(minorVersion)")
                let reading = reading(
                    ("Connection", trimmed), minorVersion: minorVersion, keepsAlive: keepsAlive)
                expectRequest(message, .read(reading, length: message.count))
            }
        }
    }

    @Test func `Expect is heard in HTTP 1.1 alone`() {
        let values = [
            ("100-continue", true), ("100-Continue", true), ("100-continued", false), ("", false), ("x", false),
        ]
        for (value, isExpected) in values {
            for minorVersion in [0, 1] as [UInt8] {
                let message = latin1("GET / HTTP/1.\(minorVersion)\r\nHost: a\r\nExpect: \(value)\r\n\r\n")
                let reading = request(
                    minorVersion: minorVersion, expectsContinue: isExpected && minorVersion == 1,
                    fields: [("Host", "a"), ("Expect", value)])
                expectRequest(message, .read(reading, length: message.count))
            }
        }
    }

    @Test func `what is checked by the router is said once`() {
        for name in ["Authorization", "azureml-model-deployment"] {
            expectRefusal([
                "\(name): a\r\n\(name): a", "\(name): a\r\nX: b\r\n\(name.uppercased()):", "\(name):\r\n\(name):",
            ])
        }
    }

    // MARK: Limits

    @Test func `the last byte, field and letter within a limit pass, the next one does not`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        for (size, isAccepted) in [(16_384, true), (16_385, false), (40_000, false)] {
            let value = String(repeating: "x", count: size - start.utf8.count - 4)
            let outcome: Outcome<RequestReading> =
                isAccepted
                ? .read(request(fields: [("Host", "a"), ("X", value)]), length: size) : .refused(.headTooLarge)
            expectRequest(latin1(start + value + "\r\n\r\n"), outcome)
        }
        expectRequest(latin1(start + String(repeating: "x", count: 20_000)), .refused(.headTooLarge))
        for (count, isAccepted) in [(99, true), (100, false)] {
            let fields = [("Host", "a")] + (0..<count).map { ("X\($0)", "1") }
            let message = latin1("GET / HTTP/1.1\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n")
            expectRequest(
                message, isAccepted ? .read(request(fields: fields), length: message.count) : .refused(.tooManyFields))
        }
        for size in [8_193, 12_000, 17_000] {
            let target = String(repeating: "a", count: size)
            expectRequest(latin1("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"), .refused(.targetTooLong))
            // A fault behind it is never looked at.
            expectRequest(latin1("GET \(target) HTTP/9.9\r\nHost : a\r\n\r\n"), .refused(.targetTooLong))
        }
    }
}
