import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Resources

/// Longest JSON body.
private let bodyLimit = 4 * 1_024 * 1_024
/// The same with a template and parameters in it, each as long as a body may be.
private let templateBodyLimit = 2 * bodyLimit + 65_536
/// How long a client may take to send a body that is held in memory.
private let bodyDeadline = Duration.seconds(60)

extension RequestBody {
    /// The whole body; throws `RequestTimeout` for one that is not there in time, and keeps nothing of it.
    func collect(upTo limit: Int, within time: Duration) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer.self) { tasks in
            tasks.addTask { try await collect(upTo: limit) }
            tasks.addTask {
                try await TimeSource.system.sleep(until: Date(timeIntervalSinceNow: time / .seconds(1)))
                throw ARMError(.requestTimeout, "The request body did not arrive within \(time).")
            }
            defer { tasks.cancelAll() }
            guard let body = try await tasks.next() else { return ByteBuffer() }
            return body
        }
    }
}

extension Request {
    /// The body as JSON; an absent one is an empty object where `isOptional`.
    func readDocument(isOptional: Bool = false) async throws -> JSONValue {
        let buffer = try await body.collect(upTo: bodyLimit, within: bodyDeadline)
        if isOptional, buffer.readableBytes == 0 { return .object(JSONObject()) }
        do {
            return try JSONParser.parse(buffer.readableBytesView)
        } catch {
            throw ARMError(.invalidRequestContent, "The request body is not valid JSON: \(error.description).")
        }
    }

    /// The same, to be read member by member.
    func readBody(isOptional: Bool = false) async throws -> BodyReader {
        BodyReader(root: try await readDocument(isOptional: isOptional))
    }

    /// A body with a template in it, which is written with more liberties; and its text, for places in messages.
    func readTemplateBody() async throws -> (document: JSONValue, text: [UInt8]) {
        let text = Array(
            try await body.collect(upTo: templateBodyLimit, within: bodyDeadline).readableBytesView)
        do {
            return (try JSONParser.parse(text, as: .template), text)
        } catch {
            throw ARMError(
                .invalidRequestContent,
                "The request content was invalid and could not be deserialized: '\(error.description)'.")
        }
    }

    /// `If-Match` and `If-None-Match`.
    func precondition() throws(ARMError) -> WritePrecondition {
        var precondition = WritePrecondition()
        if let text = headers[.ifMatch] {
            precondition.ifMatch =
                text.trimmingSpaces == "*" ? .any : .tags(text.split(separator: ",").map(\.trimmingSpaces))
        }
        if let text = headers[.ifNoneMatch] {
            guard text.trimmingSpaces == "*" else {
                throw ARMError(
                    .invalidRequestContent, "If-None-Match may only be * on a write.", target: "If-None-Match")
            }
            precondition.mustNotExist = true
        }
        return precondition
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
