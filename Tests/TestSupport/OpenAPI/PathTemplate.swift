/// A path of the contract: literal segments, compared without regard to case, and parameters in braces.
package struct PathTemplate: Sendable {
    let text: String
    /// Nil for a parameter.
    private let segments: [String?]
    /// Whether the last parameter may hold slashes.
    private let takesRest: Bool

    init(_ text: String, takesRest: Bool = false) {
        (self.text, self.takesRest) = (text, takesRest)
        segments = Self.split(text[...]).map { $0.hasPrefix("{") && $0.hasSuffix("}") ? nil : $0.lowercased() }
    }

    private static func split(_ path: Substring, maxSplits: Int = .max) -> [String] {
        path.dropFirst().split(separator: "/", maxSplits: maxSplits, omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether a path, with or without a query and a slash at its end, has this form.
    func matches(_ path: String) -> Bool {
        var path = path.prefix { $0 != "?" }
        if !takesRest, path.hasSuffix("/") { path.removeLast() }
        let parts = Self.split(path, maxSplits: takesRest ? segments.count - 1 : .max)
        guard parts.count == segments.count else { return false }
        return zip(segments, parts).allSatisfy { segment, part in
            segment.map { $0 == part.lowercased() } ?? !part.isEmpty
        }
    }

    /// Whether this template is tried before another that matches the same path: where they first differ, it is literal.
    func isMoreSpecific(than other: PathTemplate) -> Bool {
        for (mine, theirs) in zip(segments, other.segments) where (mine == nil) != (theirs == nil) {
            return mine != nil
        }
        return false
    }

    /// Names of the parameters, in order.
    package static func parameters(of path: String) -> [String] {
        split(path[...]).filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { String($0.dropFirst().dropLast()) }
    }
}
