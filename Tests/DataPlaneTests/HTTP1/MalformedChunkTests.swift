import FuzzChecks
import Testing

@testable import DataPlane

/// Bodies and what becomes of them: tables of faults, each in every arrival.
@Suite(.ownThread) struct MalformedChunkTests {
    /// Broken bodies; `¦` stands behind the first byte that cannot be right, of which and no later one the router may know.
    private static let malformed: [String] =
        sizes + lineEnds + data + extensions + trailers

    private static let sizes: [String] = [
        "\r¦\n", "\n¦", " ¦5\r\nhello\r\n0\r\n\r\n", "\t¦5", "-¦5", "-¦0", "+¦5", "x¦5", "g¦", "G¦", "0x¦5", "0X¦5",
        "5x¦", "5h¦",
        "5g¦", "5 ¦\r\nhello", "5\t¦\r\nhello", "5 ¦;a\r\n", "5 ¦5", "5,¦5", "5.¦0", "5-¦", "5_¦0", "5'¦", "\"¦5\"",
        "(¦5)", "#¦5",
        "%¦35", ";¦", ";¦a=b\r\n", ",¦", "=¦", "\u{0}¦", "5\u{0}¦", "5\u{B}¦\r\n", "\u{B}¦5", "5\u{C}¦", "5\u{7F}¦",
        "5\u{A0}¦",
        "\u{A0}¦5", "\u{B2}¦", "\u{FF}¦", "\u{D9}¦\u{A5}", "\u{EF}¦\u{BC}\u{95}", "5:¦", "5/¦", "5@¦", "5`¦",
        "H¦TTP/1.1 200 OK",
        "G¦ET / HTTP/1.1\r\n", "P¦OST / HTTP/1.1\r\n", "{¦}", "[¦", "<¦",
        // Sixteen digits, however little they say.
        "0000000000000000¦", "0000000000000005¦", "0000000000000000¦5\r\nhello", "1000000000000000¦0",
        "ffffffffffffffff¦",
        "FFFFFFFFFFFFFFFF¦", "7fffffffffffffff¦", "8000000000000000¦", "1000000000000000¦5",
        "ffffffffffffffff¦fffffffffffff",
    ]

    private static let lineEnds: [String] = [
        "5\n¦hello\r\n0\r\n\r\n", "5\rh¦ello", "5\r\r¦\n", "5\r ¦\n", "5\r\u{0}¦\n", "5\n¦\r\n",
        "5\r5¦\n", "0\n¦\r\n", "0\n¦\n", "0\r\n\n¦", "0\r\n\r\r¦\n", "0\r\n\r ¦", "0\r\n\rX¦: a\r\n\r\n", "0\r\r¦X",
        "5\r\nhello\r\n\r¦\n0\r\n\r\n", "5\r\nhello\r\n\n¦", "1\r\na\r\n ¦",
    ]

    private static let data: [String] = [
        "5\r\nhello0¦\r\n\r\n", "5\r\nhello\n¦0\r\n\r\n", "5\r\nhello\r0¦\r\n\r\n", "5\r\nhello\r\r¦\n",
        "5\r\nhello ¦\r\n",
        "5\r\nhello!¦\r\n0\r\n\r\n", "4\r\nhello¦\r\n0\r\n\r\n", "5\r\nhello\u{0}¦", "5\r\nhelloX¦", "5\r\nhello5¦\r\n",
        "0005\r\nhello;¦",
        "1\r\na\r\n1\r\nbb¦\r\n", "2\r\n\r\n0¦\r\n\r\n", "3\r\nabc\r\n3\r\nab\r\n¦0\r\n\r\n",
        "1\r\n\r\n¦",
    ]

    private static let extensions: [String] = [
        "5;\n¦", "5;a\n¦hello", "5;a=b\n¦hello\r\n0\r\n\r\n", "5;\r5¦", "5;a\rb¦\r\n", "5;a\r\r¦\n", "5;\u{0}¦",
        "5;a\u{1}¦", "5;a=\"\u{0}¦\"",
        "5;a=\"\n¦\"\r\n", "5;a=\"\r\"¦\r\n", "5;\u{7F}¦", "5;\u{B}¦", "5;a\u{C}¦", "5;\u{1B}¦[0m", "0;a\n¦\r\n",
        "0;\r;¦",
        "1;" + String(repeating: "x", count: 256) + "x¦\r\na\r\n",
        "1\r\na\r\n1;" + String(repeating: " ", count: 256) + " ¦",
        "0;" + String(repeating: ";", count: 256) + ";¦\r\n\r\n",
    ]

    private static let trailers: [String] = [
        "0\r\n:¦ a\r\n\r\n", "0\r\n ¦X: a\r\n\r\n", "0\r\n\t¦X: a\r\n\r\n", "0\r\nX ¦: a\r\n\r\n",
        "0\r\nX\t¦: a\r\n\r\n",
        "0\r\nX\r¦\n\r\n", "0\r\nX\n¦\r\n", "0\r\nX ¦Y: a", "0\r\nX: a\n¦\r\n", "0\r\nX: a\rY¦: b\r\n\r\n",
        "0\r\nX: a\r\r¦\n", "0\r\nX: a\r\n ¦b\r\n\r\n", "0\r\nX: a\r\n\t¦b\r\n\r\n", "0\r\nX: a\r\n\n¦",
        "0\r\nX: a\r\n\rb¦",
        "0\r\nX: \u{0}¦\r\n\r\n", "0\r\nX: a\u{7F}¦\r\n", "0\r\nX: \u{B}¦", "0\r\n\u{0}¦", "0\r\n\u{80}¦X: a\r\n\r\n",
        "0\r\nX\u{E9}¦: a\r\n\r\n",
        "0\r\n(¦X): a\r\n\r\n", "0\r\nX(¦: a", "0\r\nX\"¦: a", "0\r\n@¦", "0\r\nX,¦Y: a",
        "0\r\nGET ¦/ HTTP/1.1\r\n\r\n", "0\r\n{¦}\r\n",
        "0\r\nContent-Length ¦: 5\r\n\r\n", "0\r\nX;¦", "0\r\nX=¦a\r\n\r\n", "1\r\na\r\n0\r\n ¦\r\n",
    ]

    @Test func `a broken body is refused at its first bad byte`() {
        for text in Self.malformed {
            let parts = text.split(separator: "¦", omittingEmptySubsequences: false).map { latin1(String($0)) }
            #expect(parts.count == 2, "\(text)")
            let message = parts[0] + parts[1] + latin1("\r\n0\r\n\r\n")
            let payload = BodyReading.read(.chunked, Array(parts[0].dropLast())).payload
            let expected = BodyReading(payload: payload, state: .malformed, consumed: parts[0].count)
            expectAlways(message, expected) { BodyReading.read(.chunked, $0, $1) }
            expectAlways(message, expected) { BodyReading.read(.chunked, $0, $1, limit: 1) }
            // All that comes before it could still have become right.
            expectAlways(Array(parts[0].dropLast()), .goesOn) { BodyReading.read(.chunked, $0, $1).state }
        }
    }

    private static let whole: [(wire: String, payload: String)] = [
        ("0\r\n\r\n", ""), ("000000000000000\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("05\r\nhello\r\n00\r\n\r\n", "hello"),
        ("000000000000005\r\nhello\r\n0\r\n\r\n", "hello"), ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "ab"),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"), ("1\r\n\u{0}\r\n0\r\n\r\n", "\u{0}"),
        ("1\r\n\u{FF}\r\n0\r\n\r\n", "\u{FF}"),
        ("4\r\nGET \r\n0\r\n\r\n", "GET "), ("5;\r\nhello\r\n0;\r\n\r\n", "hello"),
        ("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello"),
        ("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n", "hello"), ("5; a = b\t\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5;;;\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5;\u{E9}\u{80}\r\nhello\r\n0\r\n\r\n", "hello"), ("5;0\r\nhello\r\n0;5\r\n\r\n", "hello"),
        ("1;" + String(repeating: "x", count: 255) + "\r\na\r\n0\r\n\r\n", "a"), ("0\r\nX: a\r\n\r\n", ""),
        ("0\r\nX:\r\n\r\n", ""),
        ("0\r\nX: a\r\nY:b\r\nX: \u{E9}\r\n\r\n", ""), ("0\r\nContent-Length: 5\r\n\r\n", ""),
        ("1\r\na\r\n0\r\nTransfer-Encoding: x\r\n\r\n", "a"),
        ("0\r\nX:: :\r\n\r\n", ""),
        ("10\r\n0123456789abcdef\r\nF\r\n0123456789abcde\r\n0\r\n\r\n", "0123456789abcdef0123456789abcde"),
    ]

    @Test func `a whole body ends where it ends, and not a byte sooner or later`() {
        for (wire, payload) in Self.whole {
            let message = latin1(wire)
            let expected = BodyReading(payload: latin1(payload), state: .finished, consumed: message.count)
            for rest in ["", "\r\n", "0\r\n\r\n", "GET /hidden HTTP/1.1\r\n\r\n"] {
                expectAlways(message + latin1(rest), expected) { BodyReading.read(.chunked, $0, $1) }
                expectAlways(message + latin1(rest), expected) { BodyReading.read(.chunked, $0, $1, limit: 2) }
            }
            for count in 0..<message.count {
                let reading = BodyReading.read(.chunked, Array(message[..<count]))
                #expect(reading.state == .goesOn && reading.consumed == count, "\(spelt(message)) cut to \(count)")
            }
        }
    }

    @Test func `sizes up to fifteen digits are waited for`() {
        for size in [
            "fffffffffffffff", "FFFFFFFFFFFFFFF", "100000000000000", "7fffffff", "80000000", "ffffffff", "100000000",
        ] {
            let expected = BodyReading(payload: latin1("hello"), state: .goesOn, consumed: size.utf8.count + 7)
            expectAlways(latin1("\(size)\r\nhello"), expected) { BodyReading.read(.chunked, $0, $1) }
        }
    }

    @Test func `trailers are limited, and so is what many small ones take`() {
        let one = "x: \(String(repeating: "y", count: 1_000))\r\n"
        for (count, state) in [(8, BodyStep.State.finished), (9, .malformed)] {
            let message = latin1("0\r\n\(String(repeating: one, count: count))\r\n")
            expectAlways(message, state) { BodyReading.read(.chunked, $0, $1).state }
        }
        for (count, state) in [(2_000, BodyStep.State.finished), (3_000, .malformed)] {
            let message = latin1("0\r\n\(String(repeating: "x:\r\n", count: count))\r\n")
            #expect(BodyReading.read(.chunked, message).state == state)
        }
    }

    @Test func `a body with a length is that long and holds anything`() {
        let message = (0...255).map { UInt8($0) } + latin1("\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        for length in [1, 2, 100, message.count - 1, message.count] {
            let payload = Array(message[..<length])
            let expected = BodyReading(payload: payload, state: .finished, consumed: length)
            expectAlways(message, expected) { BodyReading.read(.length(UInt64(length)), $0, $1) }
            expectAlways(message, expected) { BodyReading.read(.length(UInt64(length)), $0, $1, limit: 7) }
        }
        let unfinished = BodyReading(payload: message, state: .goesOn, consumed: message.count)
        expectAlways(message, unfinished) { BodyReading.read(.length(UInt64(message.count) + 1), $0, $1) }
        expectAlways(message, unfinished) { BodyReading.read(.length(.max), $0, $1) }
        expectAlways(message, unfinished) { BodyReading.read(.untilClose, $0, $1) }
    }

    @Test func `no body takes nothing of what follows`() {
        let message = latin1("GET /hidden HTTP/1.1\r\n\r\n")
        for framing in [BodyFraming.none, .length(0)] {
            let expected = BodyReading(payload: [], state: .finished, consumed: 0)
            expectAlways(message, expected) { BodyReading.read(framing, $0, $1) }
        }
    }

    @Test func `what was refused or has ended stays so`() {
        for (start, state) in [("x", BodyStep.State.malformed), ("0\r\n\r\n", .finished)] {
            var decoder = BodyDecoder(.chunked)
            _ = latin1(start).withBytes { decoder.decode($0) }
            for rest in ["", "5\r\nhello\r\n0\r\n\r\n", "\r\n", "x"] {
                let step = latin1(rest).withBytes { decoder.decode($0) }
                #expect(step == BodyStep(consumed: 0, payload: .none, state: state))
            }
        }
    }
}
