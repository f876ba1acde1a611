@testable import DataPlane

/// Bytes that try to get a request past a reader, with what has to become of them.
struct Smuggling: Sendable {
    struct Seen: Equatable, Sendable {
        var line: String
        var body = ""
    }

    enum Ending: Sendable {
        case isOpen
        case isClosed
        case isCutOff
    }

    var name: String
    /// One character a byte.
    var bytes: String
    var statuses: [Int]
    /// What the replica gets: the requests that stand there plainly.
    var seen: [Seen]
    /// Whether the connection is closed behind the last response; the response says so, unless a fault was met after it.
    var ending: Ending

    init(name: String, bytes: String, statuses: [Int], seen: [Seen] = [], ending: Ending? = nil) {
        (self.name, self.bytes, self.statuses, self.seen) = (name, bytes, statuses, seen)
        self.ending = ending ?? (statuses.last == 200 ? .isOpen : .isClosed)
    }

    static let host = "Host: fraud.example\r\nAuthorization: Bearer secret\r\n"
    static let post = "POST /score HTTP/1.1\r\n\(host)"
    /// Would be answered if it were taken for a request.
    static let hidden = "GET /hidden HTTP/1.1\r\n\(host)\r\n"
    static let plain = "\(post)Content-Length: 2\r\n\r\n{}"
    static let plainSeen = Seen(line: "POST /predict HTTP/1.1", body: "{}")
    private static let hiddenSeen = Seen(line: "GET /hidden HTTP/1.1")
    private static let hiddenSize = hidden.utf8.count
    private static let hiddenHex = String(hiddenSize, radix: 16)

    private static func refused(_ name: String, _ bytes: String) -> Smuggling {
        Smuggling(name: name, bytes: bytes, statuses: [400])
    }

    static let all: [Smuggling] =
        lengthAndEncoding + encodingAndEncoding + lengths + lines + chunks.map { refused("broken chunks", $0) }
        + pipelines
        + plainBodies + refusals

    /// CL.TE and TE.CL.
    private static let lengthAndEncoding: [Smuggling] = {
        let bodies = [
            ("CL.TE", 6, "0\r\n\r\nG"), ("CL.TE", hiddenSize + 5, "0\r\n\r\n\(hidden)"),
            ("TE.CL", 4, "5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n"),
            ("TE.CL", 4, "\(hiddenHex)\r\n\(hidden)\r\n0\r\n\r\n"), ("both agree", 5, "0\r\n\r\n"),
            ("both say none", 0, "0\r\n\r\n\(hidden)"), ("both, nothing sent", 0, ""),
        ]
        return bodies.flatMap { name, length, body in
            let fields = ["Content-Length: \(length)\r\n", "Transfer-Encoding: chunked\r\n"]
            return [
                refused(name, post + fields.joined() + "\r\n" + body),
                refused("\(name), encoding first", post + fields.reversed().joined() + "\r\n" + body),
                refused("\(name), apart", "\(post)\(fields[0])X: a\r\n\(fields[1])\r\n\(body)"),
                refused(
                    "\(name), named by Connection", "\(post)Connection: Content-Length\r\n\(fields.joined())\r\n\(body)"
                ),
                refused("\(name), in GET", "GET /x HTTP/1.1\r\n\(host)\(fields.joined())\r\n\(body)"),
                refused("\(name), in HTTP 1.0", "POST /score HTTP/1.0\r\n\(host)\(fields.joined())\r\n\(body)"),
            ]
        }
    }()

    /// TE.TE: an encoding that one reader takes for `chunked` and another one does not.
    private static let encodingAndEncoding: [Smuggling] = {
        let disguised =
            [
                "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
                "\tTransfer-Encoding: chunked", "Transfer-Encoding\u{B}: chunked", "Transfer-Encoding\u{0}: chunked",
                "Transfer-Encoding\r: chunked", "Transfer-Encoding\u{A0}: chunked", "Transfer-Encoding\r\n: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
                "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-encoding: identity",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "X: a\nTransfer-Encoding: chunked",
                "X: a\rTransfer-Encoding: chunked", "X: a\n\rTransfer-Encoding: chunked",
                "X: a\u{0}\r\nTransfer-Encoding: chunked",
                "X: a\r\n Transfer-Encoding: chunked", "X: \"\r\nTransfer-Encoding\": chunked",
                "Foo\r\nTransfer-Encoding: chunked",
            ] + Encodings.malformed.map { "Transfer-Encoding:\($0)" }
        return disguised.flatMap { field in
            [
                refused("TE.TE", "\(post)\(field)\r\n\r\n0\r\n\r\n\(hidden)"),
                refused(
                    "TE.TE and CL", "\(post)Content-Length: 4\r\n\(field)\r\n\r\n\(hiddenHex)\r\n\(hidden)\r\n0\r\n\r\n"
                ),
            ]
        }
    }()

    /// CL.CL: lengths that two readers take for different ones.
    private static let lengths: [Smuggling] =
        [
            "Content-Length: 0\r\nContent-Length: \(hiddenSize)", "Content-Length: \(hiddenSize)\r\nContent-Length: 0",
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 0\r\ncontent-length : \(hiddenSize)",
            "Content-Length: 0, \(hiddenSize)", "Content-Length: \(hiddenSize), \(hiddenSize)",
            "Content-Length\u{0}: \(hiddenSize)",
            "Content-Length: +\(hiddenSize)", "Content-Length: -\(hiddenSize)", "Content-Length: 0x\(hiddenHex)",
            "Content-Length: \(hiddenSize) 0", "Content-Length: \u{B}\(hiddenSize)",
            "Content-Length:\r\n \(hiddenSize)",
            "Content-Length: 0\r\n Content-Length: \(hiddenSize)", "X: a\r\n Content-Length: \(hiddenSize)",
            "X: a\nContent-Length: \(hiddenSize)", "X: a\rContent-Length: \(hiddenSize)",
            " Content-Length: \(hiddenSize)",
            // What these are modulo 2^64 and 2^32.
            "Content-Length: 18446744073709551616", "Content-Length: 18446744073709551618",
            "Content-Length: 0000000000000000000000000", "Content-Length: 184467440737095516160",
        ].map { refused("CL.CL", "\(post)\($0)\r\n\r\n\(hidden)") }

    /// Requests behind line ends and blanks that some readers take for others.
    private static let lines: [Smuggling] = [
        "\r\n\(hidden)", "\n\(hidden)", "\r\n\r\n\(hidden)", " \(hidden)", "\u{0}\(hidden)", "X\r\n\(hidden)",
        "GET\t/x HTTP/1.1\r\n\(host)\r\n",
        "GET /x\tHTTP/1.1\r\n\(host)\r\n", "GET /x  HTTP/1.1\r\n\(host)\r\n", "GET /x HTTP/1.1\t\r\n\(host)\r\n",
        "GET /x\r\n\(host)\r\n",
        "GET /x HTTP/1.1\n\(host)\r\n", "GET /x HTTP/1.1\r\(host)\r\n", "GET /x HTTP/1.1\r\n\(host)\n\(hidden)",
        "GET /x HTTP/1.1\r\n\(host)\r\r\n\(hidden)", "GET /x HTTP/1.1\r\n\(host) \r\n\(hidden)",
        "GET /x HTTP/1.1\r\n\(host)X: a\n\n\(hidden)",
        "GET /x HTTP/1.1\r\n\(host)X: a\r\n\n\(hidden)", "GET /x HTTP/1.1\r\n\(host)X: a\n\r\n\(hidden)",
        "GET /x HTTP/1.1\r\n\(host)\(hidden)",
        "GET /x HTTP/1.1 \(hidden)", "GET /x HTTP/1.1\r\n\(host)X: a\u{0}\r\n\r\n",
        "GET /x HTTP/1.1\r\n\(host)Host: b\r\n\r\n",
        "GET /x HTTP/1.1\r\n\(host)Host : b\r\n\r\n", "GET /x HTTP/1.1\r\n Host: b\r\n\(host)\r\n",
        "GET /x HTTP/1.1\r\n\(host)\tHost: b\r\n\r\n",
        "GET /x HTTP/1.1\r\n\(host)Authorization: Bearer other\r\n\r\n",
        "\(post)Transfer-Encoding: chunked\r\n \r\n0\r\n\r\n",
    ].map { refused("lines", $0) }

    /// Bodies behind `Transfer-Encoding: chunked` whose chunks two readers would cut differently.
    private static let chunks: [String] = [
        // A line feed ends the extension for one reader, for the other it is part of it.
        "2;\nxx\r\n\(hiddenHex)\r\n\(hidden)\r\n0\r\n\r\n", "2;a\nxx\r\n0\r\n\r\n\(hidden)", "0;\n\r\n\(hidden)",
        "2;\rxx\r\n0\r\n\r\n\(hidden)",
        "2;a=\"\n\"\r\nxx\r\n0\r\n\r\n", "2\n;xx\r\n0\r\n\r\n", "2;\u{0}\r\nxx\r\n0\r\n\r\n",
        "0;\u{0}\r\n\r\n\(hidden)",
        // Two bytes behind the data that one reader drops unseen.
        "2\r\nxxAB0\r\n\r\n\(hidden)", "2\r\nxx\n0\r\n\r\n\(hidden)", "2\r\nxx\r0\r\n\r\n\(hidden)",
        "2\r\nxx0\r\n\r\n\(hidden)",
        "2\r\nxx\r\n\r\n0\r\n\r\n\(hidden)", "2\r\nxx\n\n0\r\n\r\n", "2\r\nxxx\r\n0\r\n\r\n\(hidden)",
        "2\r\nx\r\n0\r\n\r\n\(hidden)",
        // Line ends.
        "2\nxx\r\n0\r\n\r\n\(hidden)", "2\rxx\r\n0\r\n\r\n", "2\r\r\nxx\r\n0\r\n\r\n", "0\n\n\(hidden)",
        "0\r\n\n\(hidden)", "0\r\r\n\r\n\(hidden)",
        // Sizes.
        " 2\r\nxx\r\n0\r\n\r\n", "2 \r\nxx\r\n0\r\n\r\n", "2\t;a\r\nxx\r\n0\r\n\r\n", "0x2\r\nxx\r\n0\r\n\r\n",
        "+2\r\nxx\r\n0\r\n\r\n",
        "-2\r\nxx\r\n0\r\n\r\n", "-0\r\n\r\n\(hidden)", "\r\n\r\n\(hidden)", ";\r\n\r\n\(hidden)",
        "2,0\r\nxx\r\n0\r\n\r\n", "2_0\r\nxx\r\n0\r\n\r\n",
        "10000000000000002\r\nxx\r\n0\r\n\r\n\(hidden)", "100000002000000000000000000000002\r\nxx\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nxx\r\n0\r\n\r\n\(hidden)", "fffffffffffffffe\r\nxx\r\n0\r\n\r\n",
        "00000000000000000000000000000002\r\nxx\r\n0\r\n\r\n",
        "0000000000000000\r\n\r\n\(hidden)", "g\r\n\r\n\(hidden)", "\u{B2}\r\nxx\r\n0\r\n\r\n",
        "2\u{B}\r\nxx\r\n0\r\n\r\n", hidden,
        // Trailers.
        "0\r\n\(hidden)", "0\r\nX: a\n\r\n\(hidden)", "0\r\nX: a\r\n b\r\n\r\n\(hidden)", "0\r\nX : a\r\n\r\n",
        "0\r\n X: a\r\n\r\n", "0\r\n: a\r\n\r\n",
        "0\r\nX: a\rY: b\r\n\r\n\(hidden)", "0\r\nX: a\u{0}\r\n\r\n",
        "0\r\nContent-Length : \(hiddenSize)\r\n\r\n\(hidden)",
        "2\r\nxx\r\n0\r\nX: a\r\n\n\(hidden)",
    ].map { "\(post)Transfer-Encoding: chunked\r\n\r\n\($0)" }

    /// What goes wrong behind plain requests on the same connection.
    private static let pipelines: [Smuggling] =
        [
            "\r\n\(hidden)", "\n\(hidden)", "xx\r\n\r\n",
            "\(post)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "0\r\n\r\n\(hidden)", chunks[0],
        ]
        .flatMap { bad in
            [
                Smuggling(name: "behind one", bytes: plain + bad, statuses: [200, 400], seen: [plainSeen]),
                Smuggling(
                    name: "behind three", bytes: plain + plain + hidden + bad, statuses: [200, 200, 200, 400],
                    seen: [plainSeen, plainSeen, hiddenSeen]),
                Smuggling(
                    name: "behind chunks", bytes: "\(post)Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n\(bad)",
                    statuses: [200, 400], seen: [plainSeen]),
            ]
        }

    /// Requests inside bodies that say their length: they are bodies and nothing else.
    private static let plainBodies: [Smuggling] = {
        func inside(_ name: String, _ start: String, _ fields: String, line: String = plainSeen.line) -> [Smuggling] {
            let seen = [Seen(line: line, body: hidden)]
            return [
                Smuggling(
                    name: name, bytes: "\(start)\(fields)Content-Length: \(hiddenSize)\r\n\r\n\(hidden)",
                    statuses: [200],
                    seen: seen),
                Smuggling(
                    name: "\(name), chunked",
                    bytes: "\(start)\(fields)Transfer-Encoding: chunked\r\n\r\n\(hiddenHex)\r\n\(hidden)\r\n0\r\n\r\n",
                    statuses: [200], seen: seen),
            ]
        }
        let fields = [
            "", "Connection: Content-Length, Transfer-Encoding\r\n", "Connection: Host, Authorization\r\n",
            "Trailer: Content-Length\r\n",
            "X-Transfer-Encoding: chunked\r\n", "Transfer_Encoding: chunked\r\nContent_Length: 0\r\n",
            "TransferEncoding: chunked\r\n",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777\r\n", "Expect: y 100-continue\r\n",
            "Expect:\r\n",
            "TE: chunked\r\n", "X-HTTP-Method-Override: GET\r\n", "Content-Encoding: gzip\r\n",
        ]
        return fields.flatMap { inside("a body", post, $0) }
            + inside("a body of GET", "GET /x HTTP/1.1\r\n\(host)", "", line: "GET /x HTTP/1.1")
            + inside("a body of OPTIONS", "OPTIONS /x HTTP/1.1\r\n\(host)", "", line: "OPTIONS /x HTTP/1.1") + [
                Smuggling(
                    name: "CL.0: no body, and a request behind it", bytes: "\(post)\r\n\(hidden)",
                    statuses: [200, 200],
                    seen: [Seen(line: plainSeen.line), hiddenSeen]),
                Smuggling(
                    name: "trailers",
                    bytes:
                        "\(post)Transfer-Encoding: chunked\r\n\r\n2;a\r\n{}\r\n0;b\r\nContent-Length: 9\r\n\r\n\(hidden)",
                    statuses: [200, 200], seen: [plainSeen, hiddenSeen]),
            ]
    }()

    /// Requests that are answered by the router: what belongs to them is never taken for a request.
    private static let refusals: [Smuggling] = {
        let wrong = "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer wrong\r\n"
        let unknown = "POST /score HTTP/1.1\r\nHost: unknown.example\r\n"
        let body = "Content-Length: \(hiddenSize)\r\n\r\n\(hidden)"
        let chunked = "Transfer-Encoding: chunked\r\n\r\n\(hiddenHex)\r\n\(hidden)\r\n0\r\n\r\n"
        let long = String(repeating: "a", count: 20_000)
        return [
            Smuggling(name: "wrong key", bytes: wrong + body + plain, statuses: [401, 200], seen: [plainSeen]),
            Smuggling(
                name: "wrong key, chunked", bytes: wrong + chunked + plain, statuses: [401, 200], seen: [plainSeen]),
            Smuggling(name: "unknown host", bytes: unknown + body + plain, statuses: [404, 200], seen: [plainSeen]),
            Smuggling(
                name: "wrong key, broken chunk",
                bytes: "\(wrong)Transfer-Encoding: chunked\r\n\r\n2\nxx\r\n0\r\n\r\n\(hidden)", statuses: [401],
                ending: .isCutOff),
            Smuggling(
                name: "wrong key, waits to continue", bytes: "\(wrong)Expect: 100-continue\r\n\(body)", statuses: [401]),
            Smuggling(
                name: "too long a body", bytes: "\(post)Content-Length: 999999999999999999\r\n\r\n\(hidden)",
                statuses: [413]),
            Smuggling(name: "too long a head", bytes: "\(post)X: \(long)\r\n\r\n\(hidden)", statuses: [431]),
            Smuggling(
                name: "too long a target", bytes: "GET /\(long) HTTP/1.1\r\n\(host)\r\n\(hidden)", statuses: [414]),
            Smuggling(
                name: "too many fields", bytes: post + String(repeating: "X: a\r\n", count: 101) + "\r\n\(hidden)",
                statuses: [431]),
            Smuggling(
                name: "HTTP/2 behind HTTP/1.1", bytes: "\(plain)PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\(hidden)",
                statuses: [200, 505], seen: [plainSeen]),
            Smuggling(name: "HTTP/1.2", bytes: "POST /score HTTP/1.2\r\n\(host)\(body)", statuses: [505]),
            Smuggling(name: "asterisk", bytes: "OPTIONS * HTTP/1.1\r\n\(host)\r\n\(hidden)", statuses: [400]),
            Smuggling(
                name: "authority", bytes: "CONNECT fraud.example:80 HTTP/1.1\r\n\(host)\r\n\(hidden)", statuses: [400]),
            Smuggling(
                name: "close", bytes: "\(post)Connection: close\r\n\r\n\(hidden)", statuses: [200],
                seen: [Seen(line: plainSeen.line)], ending: .isClosed),
            Smuggling(
                name: "HTTP/1.0", bytes: "POST /score HTTP/1.0\r\n\(host)\r\n\(hidden)", statuses: [200],
                seen: [Seen(line: plainSeen.line)], ending: .isClosed),
        ]
    }()
}
