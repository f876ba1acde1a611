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
        let segments = type.split(separator: "/").map(String.init)
        // A resource group is no resource of a provider.
        if type.lowercased() == "microsoft.resources/resourcegroups", names.count == 1 {
            return "\(scope)/resourceGroups/\(names[0])"
        }
        if type.lowercased() == "microsoft.resources/subscriptions", names.count == 1 {
            return "/subscriptions/\(names[0])"
        }
        var text = "\(scope)/providers/\(segments.first ?? "")"
        for (segment, name) in zip(segments.dropFirst(), names) { text += "/\(segment)/\(name)" }
        return text
    }

    /// The names with slashes between them, as `name` holds them.
    package var name: String { names.joined(separator: "/") }
}
