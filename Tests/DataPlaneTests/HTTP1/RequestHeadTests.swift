import Testing

@testable import DataPlane

@Suite struct RequestHeadTests {
    static let plain = "POST /score?x=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nX-One:  two \r\n\r\n"

    @Test func `a plain head is read with its length and framing`() {
        let scanned = scanRequest(Self.plain + "hello")
        #expect(scanned.outcome == .complete(length: Self.plain.utf8.count))
        let (framing, keepsAlive) = (scanned.head.bodyFraming, scanned.head.keepsAlive)
        #expect(framing == .length(5))
        #expect(keepsAlive)
        let (method, target, isIdempotent) = (scanned.head.method, scanned.head.target, scanned.head.isIdempotent)
        #expect(!isIdempotent)
        let values = scanned.head.headers.fields.map { $0.value }
        withBytes(Self.plain) { bytes in
            #expect(text(bytes.run(method)) == "POST")
            #expect(text(bytes.run(target)) == "/score?x=1")
            #expect(values.map { text(bytes.run($0)) } == ["a.example", "5", "two"])
        }
    }

    @Test func `a head is complete at its last byte and at no earlier one`() {
        let bytes = Array(Self.plain.utf8)
        var end = HeadEnd()
        for count in 1..<bytes.count {
            let outcome = bytes[..<count].withBytes { end.find(in: $0, limits: HeadLimits()) }
            #expect(outcome == .incomplete)
        }
        #expect(
            bytes.withBytes { end.find(in: $0, limits: HeadLimits()) } == .complete(length: bytes.count))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX Y: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\u{1}: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7F}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nAzureml-Model-Deployment: a\r\nazureml-model-deployment: b\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
        "GET / HTTP/11\r\nHost: a\r\n\r\n",
        "G{T / HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func `a message that breaks the rules is refused`(message: String) {
        #expect(scanRequest(message).outcome == .refused(.malformed))
    }

    @Test(arguments: [
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
    ])
    func `another version is told apart`(message: String) {
        #expect(scanRequest(message).outcome == .refused(.unsupportedVersion))
    }

    @Test func `a head that is too large is refused before it ends`() {
        let long = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 20_000)
        #expect(scanRequest(long).outcome == .refused(.headTooLarge))
    }

    @Test(arguments: [9_000, 20_000])
    func `a target that is too long is told apart`(length: Int) {
        let message = "GET /" + String(repeating: "x", count: length) + " HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(scanRequest(message).outcome == .refused(.targetTooLong))
    }

    @Test func `too many fields are refused`() {
        let fields = (0..<101).map { "X-\($0): 1\r\n" }.joined()
        #expect(scanRequest("GET / HTTP/1.1\r\n\(fields)\r\n").outcome == .refused(.tooManyFields))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Foo, Close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
    ])
    func `version and Connection say whether the connection goes on`(message: String, keepsAlive: Bool) {
        let found = scanRequest(message).head.keepsAlive
        #expect(found == keepsAlive)
    }

    /// Whatever is done to a message, at whatever place it is split: scanning ends, and says the same.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `mutated messages are read alike however they are split`(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let alphabet: [UInt8] = [0, 9, 10, 13, 32, 44, 48, 58, 59, 65, 127, 255]
        for _ in 0..<3_000 {
            var message = Array((Self.plain + "hello").utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<message.count, using: &random)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                switch Int.random(in: 0..<3, using: &random) {
                case 0: message[place] = byte
                case 1: message.insert(byte, at: place)
                default: message.remove(at: place)
                }
            }
            let whole = Self.scan(message, pieces: [message.count])
            var pieces: [Int] = []
            while pieces.reduce(0, +) < message.count {
                pieces.append(min(Int.random(in: 1...9, using: &random), message.count - pieces.reduce(0, +)))
            }
            #expect(Self.scan(message, pieces: pieces) == whole, "\(message)")
        }
    }

    private static func scan(_ message: [UInt8], pieces: [Int]) -> HeadScan {
        var end = HeadEnd()
        var head = RequestHead()
        var count = 0
        for piece in pieces {
            count += piece
            let outcome = message[..<count].withBytes { head.scan($0, &end, limits: HeadLimits()) }
            if outcome != .incomplete { return outcome }
        }
        return .incomplete
    }
}
