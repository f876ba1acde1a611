/// `If-Match` and `If-None-Match` of a write, as the resource provider contract defines them.
package struct WritePrecondition: Sendable, Equatable {
    package enum Match: Sendable, Equatable {
        case any
        /// Entity tags with their quotes.
        case tags([String])
    }

    package var ifMatch: Match?
    /// `If-None-Match: *`: the resource must not exist.
    package var mustNotExist: Bool

    package init(ifMatch: Match? = nil, mustNotExist: Bool = false) {
        (self.ifMatch, self.mustNotExist) = (ifMatch, mustNotExist)
    }

    package static let none = WritePrecondition()

    /// Throws `PreconditionFailed` when the stored state (nil: absent) does not satisfy the headers.
    package func check(_ stored: RowVersion?, _ subject: String) throws(ARMError) {
        if mustNotExist, stored != nil {
            throw ARMError(.preconditionFailed, "\(subject) exists, and If-None-Match asks that it does not.")
        }
        switch (ifMatch, stored) {
        case (nil, _): return
        case (.any, .some): return
        case (.tags(let tags), .some(let version)) where tags.contains(version.etag): return
        case (_, nil): throw ARMError(.preconditionFailed, "\(subject) does not exist, and If-Match asks that it does.")
        case (_, .some(let version)):
            throw ARMError(.preconditionFailed, "\(subject) has changed: its ETag is \(version.etag) now.")
        }
    }
}
