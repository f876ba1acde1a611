import Foundation
import FuzzChecks
import Testing

@testable import DataPlane

/// Random messages, of which whatever `FuzzChecks` knows must hold. `make fuzz` does the same guided by coverage.
///
/// A failure says its seed; `SLUICE_FUZZ_SEED` makes the next run do the same again.
@Suite(.ownThread) struct FuzzTests {
    private static let seed: UInt64 =
        ProcessInfo.processInfo.environment["SLUICE_FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max))

    /// Holds `count` messages against a check; ends with the first that fails.
    private func fuzz(
        _ count: Int, _ make: (inout MessageMaker) -> [UInt8], _ complaint: ([UInt8], UInt64) -> String?
    ) {
        var maker = MessageMaker(seed: Self.seed)
        for round in 0..<count {
            let message = make(&maker)
            guard let complaint = complaint(message, Self.seed &+ UInt64(round)) else { continue }
            Issue.record("SLUICE_FUZZ_SEED=\(Self.seed), round \(round): \(complaint)\nmessage: \"\(spelt(message))\"")
            return
        }
    }

    @Test func `request heads mean the same however they arrive, to a plain reader, and to the replica`() {
        fuzz(12_000, { $0.request() }, RequestCheck.complaint)
    }

    @Test func `heads of answers mean the same however they arrive, to a plain reader, and to the client`() {
        fuzz(10_000, { $0.answer() }, AnswerCheck.complaint)
    }

    @Test func `chunked bodies mean the same however they arrive, to a plain reader, and when sent on`() {
        fuzz(12_000, { $0.chunks() }, ChunkCheck.complaint)
    }

    /// The generators keep to the point: enough of what they make is accepted, and enough is refused.
    @Test func `both good and bad messages are made`() {
        var maker = MessageMaker(seed: Self.seed)
        var good = [0, 0, 0]
        for _ in 0..<300 {
            if case .read = RequestReading.read(maker.request()) { good[0] += 1 }
            if case .read = ResponseReading.read(maker.answer()) { good[1] += 1 }
            if BodyReading.read(.chunked, maker.chunks()).state == .finished { good[2] += 1 }
        }
        #expect(good.allSatisfy { (30...270).contains($0) }, "\(good) of 300, SLUICE_FUZZ_SEED=\(Self.seed)")
    }
}

/// Makes messages: well-formed ones out of parts, some parts odd, most of them changed in a few bytes afterwards.
struct MessageMaker {
    private var random: RandomSource

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    private static let methods = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PRI", "get", "G\u{80}", ""]
    private static let targets = [
        "/score", "/score?a=1", "/", "/a/b?c", "/api/v1/endpoint/fraud/score", "/api/v1/endpoint/fraud",
        "/api/v1/endpoint/fraud/x?y", "http://a.example/score", "HTTPS://a/", "*", "a:1", "/a b", "/\u{e9}", "//", "/?",
    ]
    private static let versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "http/1.1"]
    private static let requestFields = [
        "Host: a.example", "Host:b", "Content-Length: 5", "Content-Length: 0005", "Content-Length: 5, 5",
        "Content-Length: +5", "content-LENGTH:\t7 ", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
        "transfer-encoding:CHUNKED", "Transfer-Encoding:\u{b}chunked", "Connection: close", "Connection: keep-alive",
        "Connection: X-One, ,Content-Length", "Connection: Host", "Keep-Alive: 5", "TE: trailers", "Upgrade: h2c",
        "Expect: 100-continue", "Authorization: Bearer secret", "X-One: two", "X-One:", "X_Two:\t\"\u{e9}\"",
        "X-Three : 1",
        " folded", "X-Forwarded-For: 192.0.2.7", "x-ms-client-request-id: abc-1", "X-Request-ID: 1",
        "azureml-model-deployment: blue", "Proxy-Connection: close", "Trailer: X", "nonsense", ":",
    ]
    private static let answerLines = [
        "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.0 200 OK", "HTTP/1.1 500 \u{e9}",
        "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1 100 Continue", "HTTP/1.1 200",
        "HTTP/1.1 099 x",
        "HTTP/1.2 200 OK", "HTTP/1.1 2000 OK", "ICY 200 OK",
    ]

    mutating func request() -> [UInt8] {
        var lines = ["\(pick(Self.methods)) \(pick(Self.targets)) \(pick(Self.versions))"]
        if chance(3, in: 4) { lines = ["\(Self.methods[roll(5)]) \(Self.targets[roll(9)]) HTTP/1.1", "Host: a"] }
        return head(lines, Self.requestFields)
    }

    mutating func answer() -> [UInt8] {
        head([chance(1, in: 2) ? pick(Self.answerLines) : Self.answerLines[roll(6)]], Self.requestFields)
    }

    private mutating func head(_ start: [String], _ fields: [String]) -> [UInt8] {
        var lines = start
        for _ in 0..<roll(6) { lines.append(chance(1, in: 2) ? pick(fields) : "X-\(roll(9)): \(roll(1_000))") }
        let body = chance(1, in: 3) ? "hello\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n" : ""
        return mutated(latin1(lines.joined(separator: "\r\n") + "\r\n\r\n" + body))
    }

    mutating func chunks() -> [UInt8] {
        var wire: [UInt8] = []
        for _ in 0..<roll(5) {
            let data = (0..<(1 + roll(40))).map { _ in UInt8(truncatingIfNeeded: roll(256)) }
            let size = String(repeating: "0", count: roll(4) == 0 ? roll(16) : 0) + String(data.count, radix: 16)
            let tail = chance(1, in: 4) ? pick([";", ";a=b", ";a=\"\u{80};\"", " ", ";\r", "\n", "; a\t= b"]) : ""
            wire += latin1((chance(1, in: 2) ? size.uppercased() : size) + tail + "\r\n") + data + [13, 10]
        }
        wire += latin1(chance(1, in: 6) ? "" : pick(["0", "000", "0;x", "-0", "0x0"]) + "\r\n")
        for _ in 0..<roll(2) { wire += latin1(pick(["X: 1", "Content-Length: 5", "X : 1", ":", " x: 1"]) + "\r\n") }
        return mutated(wire + latin1("\r\n" + (chance(1, in: 3) ? "GET /hidden HTTP/1.1\r\n\r\n" : "")))
    }

    /// The message, half of the time with a few bytes changed, put in, taken out, doubled or cut off.
    private mutating func mutated(_ message: [UInt8]) -> [UInt8] {
        guard chance(1, in: 2) else { return message }
        let alphabet: [UInt8] = [0, 9, 10, 11, 13, 32, 44, 48, 57, 58, 59, 65, 102, 127, 128, 255]
        var bytes = message
        for _ in 0...roll(3) where !bytes.isEmpty {
            let place = roll(bytes.count)
            switch roll(12) {
            case 0...3: bytes[place] = alphabet[roll(alphabet.count)]
            case 4...6: bytes.insert(alphabet[roll(alphabet.count)], at: place)
            case 7, 8: bytes.remove(at: place)
            case 9: bytes[place] ^= 1 << UInt8(roll(8))
            case 10: bytes.insert(contentsOf: bytes[place..<min(place + 1 + roll(30), bytes.count)], at: place)
            default: bytes.removeLast(bytes.count - place)
            }
        }
        return bytes
    }

    private mutating func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    private mutating func chance(_ part: Int, in whole: Int) -> Bool { roll(whole) < part }
    private mutating func pick(_ texts: [String]) -> String { texts[roll(texts.count)] }
}
