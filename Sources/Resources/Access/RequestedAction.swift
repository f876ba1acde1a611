/// What a call asks for, and where: `{type}/read`, `/write`, `/delete` or `/{verb}/action` on a resource.
package struct RequestedAction: Sendable, Equatable {
    package var name: String
    /// Id of the resource, or of what holds a collection.
    package var scope: String

    package init(name: String, scope: String) {
        self.name = name
        self.scope = scope
    }

    /// The action of a request below `/subscriptions` or `/providers`; nil where no right is needed: lists of
    /// subscriptions, hashes of templates, and the progress of operations, whose ids nobody guesses.
    package init?(method: String, path: String) {
        let parts = path.split(separator: "/").map(String.init)
        let lowered = parts.map { $0.lowercased() }
        guard parts.count >= 2, ["subscriptions", "providers"].contains(lowered[0]) else { return nil }
        if lowered.contains(where: Self.free.contains) { return nil }
        var verb = Self.verb(method)
        if let provider = lowered.lastIndex(of: "providers") {
            guard provider + 1 < parts.count else {
                self.init(name: "Microsoft.Resources/subscriptions/providers/read", scope: Self.id(parts[..<provider]))
                return
            }
            let namespace = parts[provider + 1]
            let rest = Array(parts[(provider + 2)...])
            // The provider itself, its types, its registration.
            if provider == 2, rest.count <= 1,
                ["", "register", "resourcetypes"].contains(rest.first?.lowercased() ?? "")
            {
                self.init(name: "Microsoft.Resources/subscriptions/providers/read", scope: Self.id(parts[..<provider]))
                return
            }
            var types = stride(from: 0, to: rest.count, by: 2).map { rest[$0] }
            var scope = parts
            if !rest.count.isMultiple(of: 2), let last = types.popLast() {
                scope.removeLast()
                // A collection, or a verb on what holds it.
                if method == "POST" { verb = "\(last)/action" } else { types.append(last) }
                // Below a provider alone there is only its own scope.
                if rest.count == 1 { scope = Array(parts[..<provider]) }
            }
            self.init(name: ([namespace] + types + [verb]).joined(separator: "/"), scope: Self.id(scope[...]))
            return
        }
        self.init(scopeParts: parts, lowered: lowered, verb: verb, method: method)
    }

    /// Subscriptions, resource groups and what hangs on them without a provider.
    private init(scopeParts parts: [String], lowered: [String], verb: String, method: String) {
        let group = "Microsoft.Resources/subscriptions/resourceGroups"
        switch (parts.count, lowered.count > 2 ? lowered[2] : "") {
        case (2, _): self.init(name: "Microsoft.Resources/subscriptions/\(verb)", scope: Self.id(parts[...]))
        case (3, "resourcegroups"): self.init(name: "\(group)/read", scope: Self.id(parts[..<2]))
        case (4, "resourcegroups"): self.init(name: "\(group)/\(verb)", scope: Self.id(parts[...]))
        case (5, "resourcegroups") where method == "POST":
            self.init(name: "\(group)/\(parts[4])/action", scope: Self.id(parts[..<4]))
        case (5..., "resourcegroups") where lowered[4] == "deployments":
            self.init(name: "Microsoft.Resources/deployments/operations/read", scope: Self.id(parts[..<4]))
        case (5..., "resourcegroups"): self.init(name: "\(group)/resources/read", scope: Self.id(parts[..<4]))
        default: self.init(name: "Microsoft.Resources/subscriptions/resources/read", scope: Self.id(parts[..<2]))
        }
    }

    /// Parts of paths that need no right.
    private static let free: Set<String> = [
        "mfeoperationsstatus", "mfeoperationresults", "operationresults", "operationstatuses", "calculatetemplatehash",
    ]

    private static func verb(_ method: String) -> String {
        switch method {
        case "GET", "HEAD": "read"
        case "DELETE": "delete"
        case "POST": "action"
        default: "write"
        }
    }

    private static func id(_ parts: ArraySlice<String>) -> String { "/" + parts.joined(separator: "/") }
}
