/// Which pages may ask an endpoint from a browser, and what they are told; the CORS protocol of the Fetch standard.
struct AllowedOrigins: Sendable {
    /// As `access-control-allow-origin` tells them.
    private let origins: [[UInt8]]
    private let isAny: Bool

    init(_ origins: [String]) {
        self.origins = origins.map { Array($0.utf8) }
        isAny = origins == ["*"]
    }

    /// What to tell a page of `origin`; `nil` if it may not ask.
    func told(_ origin: Bytes) -> [UInt8]? {
        if isAny { return origins.first }
        return origins.first { origin.elementsEqual($0) }
    }
}
