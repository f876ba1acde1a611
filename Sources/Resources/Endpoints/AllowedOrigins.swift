/// The origins whose pages may ask an endpoint from a browser, as the tag `sluice.cors.origins` names them.
///
/// The value is `*`, or origins (RFC 6454: scheme, host and port) separated by commas or blanks.
package enum AllowedOrigins {
    package static let tag = "sluice.cors.origins"

    /// Most origins of one endpoint.
    private static let limit = 50

    /// The origins in a tag's value; `nil` if it is malformed.
    package static func parse(_ value: String) -> [String]? {
        let origins = value.split { $0 == "," || $0 == " " }.map(String.init)
        guard !origins.isEmpty, origins.count <= limit else { return nil }
        if origins == ["*"] { return origins }
        return origins.allSatisfy(isOrigin) ? origins : nil
    }

    /// Reports the tag of a body if it is malformed.
    static func check(_ tags: [String: String], _ body: BodyReader) {
        guard let value = tags[tag], parse(value) == nil else { return }
        body["tags"][tag].report(
            "must be '*', or up to \(limit) origins such as https://app.example, in lower case, separated by commas")
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return false }
        let authority = text.dropFirst(scheme.count)
        let allowed: (Character) -> Bool = {
            $0.isASCII && ($0.isLowercase || $0.isNumber || "-.:[]".contains($0))
        }
        return !authority.isEmpty && text.utf8.count <= 256 && authority.allSatisfy(allowed)
    }
}
