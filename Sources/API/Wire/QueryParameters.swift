import Hummingbird
import Resources

/// The parameters of a request's query.
struct QueryParameters: Sendable {
    private let text: String

    /// - Parameter text: what stands behind the question mark; nil for nothing.
    init(_ text: String? = nil) {
        self.text = text ?? ""
    }

    /// A parameter, decoded; its name without regard to case.
    subscript(_ name: String) -> String? {
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                FormBody.decode(String($0))
            }
            if pair[0].lowercased() == name.lowercased() { return pair.count > 1 ? pair[1] : "" }
        }
        return nil
    }

    /// Where a list starts, how long a page is and its order: `$skip` and `$skipToken` are opaque, `$top` and `count`
    /// ask for a length.
    func page(
        defaultCount: Int = PageRequest.defaultCount, defaultOrder: ListOrder = .oldestFirst
    ) throws(ARMError) -> PageRequest {
        var after: PageToken?
        if let text = self["$skip"] ?? self["$skipToken"], !text.isEmpty {
            guard let token = PageToken(text) else {
                throw ARMError(
                    .invalidRequestContent, "$skip is not a continuation that this service handed out.", target: "$skip"
                )
            }
            after = token
        }
        var order = defaultOrder
        if let text = self["$orderBy"] ?? self["orderBy"], !text.isEmpty {
            guard let asked = ListOrder(text) else {
                throw ARMError(
                    .invalidRequestContent,
                    "orderBy is CreatedAtDesc, CreatedAtAsc, UpdatedAtDesc or UpdatedAtAsc, not '\(text.prefix(40))'.",
                    target: "orderBy")
            }
            order = asked
        }
        var count = defaultCount
        for name in ["count", "$top"] { count = try positive(name) ?? count }
        return PageRequest(after: after, count: count, order: order)
    }

    /// A positive number; nil when absent or empty.
    func positive(_ name: String) throws(ARMError) -> Int? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let number = Int(text), number > 0 else {
            throw ARMError(
                .invalidRequestContent, "\(name) must be a positive number, not '\(text.prefix(40))'.", target: name)
        }
        return number
    }

    /// `listViewType`.
    func listView() throws(ARMError) -> ListView {
        guard let text = self["listViewType"] else { return .activeOnly }
        return try choice(text, "listViewType", of: ListView.self)
    }

    /// `true` or `false`; nil when absent or empty.
    func flag(_ name: String) throws(ARMError) -> Bool? {
        guard let text = self[name]?.lowercased(), !text.isEmpty else { return nil }
        guard text == "true" || text == "false" else {
            throw ARMError(
                .invalidRequestContent, "\(name) is true or false, not '\(text.prefix(40))'.", target: name)
        }
        return text == "true"
    }

    /// Names, or names and values, that `tags` and `properties` ask for; with or without a dollar sign.
    func tagFilter(_ name: String) throws(ARMError) -> TagFilter? {
        guard let text = self[name] ?? self["$\(name)"], !text.isEmpty else { return nil }
        guard let filter = TagFilter(text) else {
            throw ARMError(
                .invalidRequestContent, "\(name) is a list such as name,other=value, not '\(text.prefix(40))'.",
                target: name)
        }
        return filter
    }

    /// The case that a parameter names, in any case of letters.
    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ name: String, of type: Value.Type
    ) throws(ARMError) -> Value {
        guard let value = Value.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            throw ARMError(
                .invalidRequestContent,
                "\(name) is one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")), "
                    + "not '\(text.prefix(40))'.", target: name)
        }
        return value
    }
}

extension Request {
    var parameters: QueryParameters { QueryParameters(uri.query) }
}
