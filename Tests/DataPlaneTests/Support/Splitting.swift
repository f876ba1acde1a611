import FuzzChecks
import Testing

@testable import DataPlane

/// The arrivals that a table's messages are tried in: at once, byte by byte, and in two pieces split anywhere.
///
/// Of a message of more than a thousand bytes, places near its ends and some between stand for all.
func arrivals(of message: [UInt8]) -> [Arrival] {
    let places =
        message.count <= 1_000
        ? Array(0...message.count)
        : (0...message.count).filter { $0 < 6 || $0 % 2_003 == 0 || $0 > message.count - 6 }
    let slow = message.count <= 1_000 ? [Arrival.byteByByte(message.count)] : []
    return [.whole] + slow + places.map { .split(at: $0) }
}

/// Expects the same of a message in every arrival; says the first that differs.
func expectAlways<Outcome: Equatable>(
    _ message: [UInt8], _ expected: Outcome, sourceLocation: SourceLocation = #_sourceLocation,
    _ read: ([UInt8], Arrival) -> Outcome
) {
    for arrival in arrivals(of: message) {
        let outcome = read(message, arrival)
        guard outcome != expected else { continue }
        Issue.record(
            "\"\(spelt(message))\" in pieces of \(arrival.pieces): \(outcome), expected \(expected)",
            sourceLocation: sourceLocation)
        return
    }
}

/// Expects a request head to be read so, in every arrival.
func expectRequest(
    _ message: [UInt8], _ expected: Outcome<RequestReading>, sourceLocation: SourceLocation = #_sourceLocation
) {
    expectAlways(message, expected, sourceLocation: sourceLocation) { RequestReading.read($0, $1) }
}

/// Expects a response's head to be read so, in every arrival.
func expectAnswer(
    _ message: [UInt8], _ expected: Outcome<ResponseReading>, sourceLocation: SourceLocation = #_sourceLocation
) {
    expectAlways(message, expected, sourceLocation: sourceLocation) { ResponseReading.read($0, $1) }
}

/// What a request head says that is `GET / HTTP/1.1` with these fields, as far as the test does not say otherwise.
func request(
    _ method: String = "GET", _ target: String = "/", minorVersion: UInt8 = 1, framing: BodyFraming = .none,
    keepsAlive: Bool? = nil, expectsContinue: Bool = false, fields: [(String, String)]
) -> RequestReading {
    RequestReading(
        method: latin1(method), target: latin1(target), minorVersion: minorVersion, framing: framing,
        keepsAlive: keepsAlive ?? (minorVersion == 1), expectsContinue: expectsContinue,
        fields: fields.map { ReadField(latin1($0.0), latin1($0.1)) })
}

/// What a response's head says that is `HTTP/1.1 200 OK` with these fields, as far as the test does not say otherwise.
func answer(
    _ status: Int = 200, _ reason: String = "OK", minorVersion: UInt8 = 1, framing: BodyFraming = .untilClose,
    keepsAlive: Bool? = nil, fields: [(String, String)]
) -> ResponseReading {
    ResponseReading(
        status: status, reason: latin1(reason), minorVersion: minorVersion, framing: framing,
        keepsAlive: keepsAlive ?? (minorVersion == 1),
        fields: fields.map { ReadField(latin1($0.0), latin1($0.1)) })
}
