/// What a PUT asks for, which is complete only over what is stored: fields that the caller's version can't express stay
/// as they are.
package struct Requested<Request: Sendable, Stored: Sendable>: Sendable {
    /// Where nothing is stored.
    package let request: Request
    private let complete: @Sendable (inout Request, Stored) -> Void

    package init(_ request: Request, complete: @escaping @Sendable (inout Request, Stored) -> Void = { _, _ in }) {
        (self.request, self.complete) = (request, complete)
    }

    /// Where `stored` is.
    package func over(_ stored: Stored) -> Request {
        var request = request
        complete(&request, stored)
        return request
    }
}
