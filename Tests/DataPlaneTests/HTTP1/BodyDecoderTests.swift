import Testing

@testable import DataPlane

@Suite struct BodyDecoderTests {
    static let chunked = Array("4\r\nWiki\r\nA;name=\"v\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nNEXT".utf8)

    @Test func `a chunked body is decoded alike at every split point`() {
        for split in 0...Self.chunked.count {
            let result = decode(.chunked, [Array(Self.chunked[..<split]), Array(Self.chunked[split...])])
            #expect(String(decoding: result.payload, as: UTF8.self) == "Wiki0123456789")
            #expect(result.state == .finished)
        }
    }

    @Test func `a chunked body may arrive byte by byte, and what follows is left alone`() {
        let result = decode(.chunked, Self.chunked.map { [$0] })
        #expect(String(decoding: result.payload, as: UTF8.self) == "Wiki0123456789")
        #expect(decode(.chunked, [Self.chunked]).left == Array("NEXT".utf8))
    }

    @Test func `a body with a length ends with its last byte`() {
        let result = decode(.length(5), [Array("hel".utf8), Array("loNEXT".utf8)])
        #expect(String(decoding: result.payload, as: UTF8.self) == "hello")
        #expect(result.state == .finished)
        #expect(result.left == Array("NEXT".utf8))
        #expect(decode(.length(0), []).state == .finished)
    }

    @Test func `payload that nobody looked at counts like the rest`() {
        var decoder = BodyDecoder(.length(5))
        decoder.skip(3)
        #expect(decoder.knownRemaining == 2)
        decoder.skip(2)
        #expect(decoder.isFinished)
        #expect(decoder.knownRemaining == 0)
    }

    @Test func `a body until the end of the connection never ends by itself`() {
        #expect(decode(.untilClose, [[1, 2], [3]]).payload == [1, 2, 3])
        #expect(decode(.untilClose, [[1, 2], [3]]).state == .goesOn)
    }

    @Test func `payload is handed out at most as much as asked for`() {
        var decoder = BodyDecoder(.chunked)
        let bytes = Array("A\r\n0123456789\r\n".utf8)
        let step = bytes.withBytes { decoder.decode($0, limit: 4) }
        #expect(step == BodyStep(consumed: 7, payload: ByteRun(start: 3, count: 4), state: .goesOn))
    }

    @Test(arguments: [
        "\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", ";\r\n", "1\n", "1\rx", "1;a\u{0}\r\n",
        "1111111111111111\r\n", "1\r\nab\r\n", "1\r\na\rx", "1\r\na\n", "0\r\n\rx", "0\r\n\n", "0\r\n:x\r\n\r\n",
        "0\r\n x: y\r\n\r\n", "0\r\nx y: z\r\n\r\n", "0\r\nx: y\n\r\n", "0\r\nx\r\n\r\n",
    ])
    func `broken chunks are refused`(body: String) {
        #expect(decode(.chunked, [Array(body.utf8)]).state == .malformed)
    }

    @Test func `extensions and trailers have limits`() {
        let long = String(repeating: "x", count: 300)
        #expect(decode(.chunked, [Array("1;\(long)\r\na\r\n0\r\n\r\n".utf8)]).state == .malformed)
        let trailers = (0..<40).map { "x-\($0): \(long)\r\n" }.joined()
        #expect(decode(.chunked, [Array("0\r\n\(trailers)\r\n".utf8)]).state == .malformed)
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `random chunks survive random splits`(seed: UInt64) {
        var random = RandomSource(seed: seed)
        for _ in 0..<500 {
            var body: [UInt8] = []
            var wire: [UInt8] = []
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let chunk = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                body += chunk
                wire += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
            }
            wire += Array("0\r\n\r\n".utf8)
            var pieces: [[UInt8]] = []
            while !wire.isEmpty {
                let count = min(Int.random(in: 1...17, using: &random), wire.count)
                pieces.append(Array(wire.prefix(count)))
                wire.removeFirst(count)
            }
            let result = decode(.chunked, pieces)
            #expect(result.payload == body)
            #expect(result.state == .finished)
        }
    }
}
