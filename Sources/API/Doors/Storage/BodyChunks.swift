import HTTPTypes
import Hummingbird
import NIOCore

/// A request's body as chunks of bytes. A client that goes away is the client's failure, not the server's.
struct BodyChunks: AsyncSequence {
    typealias Element = ByteBufferView

    let body: RequestBody

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: RequestBody.AsyncIterator

        /// - Throws: `IncompleteBody`.
        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBufferView? {
            do {
                return try await base.next(isolation: actor)?.readableBytesView
            } catch {
                throw StorageFailure(.badRequest, "IncompleteBody", "The body broke off.", context: "\(error)")
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: body.makeAsyncIterator()) }
}
