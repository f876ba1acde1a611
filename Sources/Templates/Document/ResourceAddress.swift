/// A resource's full type and names below a scope; makes its id.
package struct ResourceAddress: Sendable, Hashable {
    /// An id without a slash at its end; empty for the tenant.
    package var scope: String
    /// `Microsoft.MachineLearningServices/workspaces/onlineEndpoints`.
    package var type: String
    /// One for each segment of the type behind the namespace.
    package var names: [String]

    package init(scope: String, type: String, names: [String]) {
        self.scope = scope
        self.type = type
        self.names = names
    }

    package var id: String {
        // A resource group is no resource of a provider.
        if names.count == 1 {
            switch type.lowercased() {
            case "microsoft.resources/resourcegroups": return "\(scope)/resourceGroups/\(names[0])"
            case "microsoft.resources/subscriptions": return "/subscriptions/\(names[0])"
            default: break
            }
        }
        let segments = Self.segments(of: type)
        var text = "\(scope)/providers/\(segments.first ?? "")"
        for (segment, name) in zip(segments.dropFirst(), names) { text += "/\(segment)/\(name)" }
        return text
    }

    /// The parts of a type between its slashes, empty ones too.
    static func segments(of type: String) -> [Substring] {
        type.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// The names with slashes between them, as `name` holds them.
    package var name: String { names.joined(separator: "/") }
}

extension ResourceAddress {
    /// Takes an id apart: of a resource, of one that extends another, of a group or a subscription. Nil for anything
    /// else.
    package init?(id: String) {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts[0].isEmpty, parts.dropFirst().allSatisfy({ !$0.isEmpty }) else { return nil }
        guard let provider = parts.lastIndex(where: { $0.lowercased() == "providers" }) else {
            let names = [2, 4].filter { $0 < parts.count }.map { parts[$0] }
            switch (parts.count, parts[1].lowercased()) {
            case (3, "subscriptions"):
                self.init(scope: "", type: "Microsoft.Resources/subscriptions", names: names)
            case (5, "subscriptions") where parts[3].lowercased() == "resourcegroups":
                self.init(
                    scope: "/subscriptions/\(parts[2])", type: "Microsoft.Resources/resourceGroups", names: [parts[4]])
            default: return nil
            }
            return
        }
        let rest = parts[(provider + 1)...]
        guard rest.count >= 3, !rest.count.isMultiple(of: 2) else { return nil }
        let pairs = Array(rest.dropFirst())
        let types = stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] }
        self.init(
            scope: parts[..<provider].joined(separator: "/"),
            type: ([rest[rest.startIndex]] + types).joined(separator: "/"),
            names: stride(from: 1, to: pairs.count, by: 2).map { pairs[$0] })
    }

    /// The resource that holds this one; nil for one at the top of its type.
    package var parent: ResourceAddress? {
        guard names.count > 1 else { return nil }
        return ResourceAddress(
            scope: scope, type: type.split(separator: "/").dropLast().joined(separator: "/"), names: names.dropLast())
    }
}
