/// A resource's full type and names below a scope; makes its id.
package struct ResourceAddress: Sendable, Hashable {
    /// An id without a slash at its end; empty for the tenant.
    package var scope: String
    /// `Microsoft.MachineLearningServices/workspaces/onlineEndpoints`.
    package var type: String
    /// One for each segment of the type behind the namespace.
    package var names: [String]

    package init(scope: String, type: String, names: [String]) {
        (self.scope, self.type, self.names) = (scope, type, names)
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
    package static func segments(of type: String) -> [Substring] {
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
        guard parts.count >= 3, parts[0].isEmpty else { return nil }
        self.init(segments: parts.dropFirst())
    }

    /// Reads the segments of an id by position: behind a namespace, types and names alternate. `providers` in the place
    /// of a type begins a resource that extends what is before it; in the place of a name it is a name. So no name of a
    /// resource is taken for a word of the grammar.
    package init?(segments: some Collection<String>) {
        let parts = Array(segments)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        var found: ResourceAddress?
        var next = 0
        if parts[0].isSameWord(as: "subscriptions") {
            found = ResourceAddress(scope: "", type: Self.subscriptionType, names: [parts[1]])
            next = 2
            if parts.count > 3, parts[2].isSameWord(as: "resourceGroups") {
                found = ResourceAddress(
                    scope: "/subscriptions/\(parts[1])", type: Self.resourceGroupType, names: [parts[3]])
                next = 4
            }
        }
        while next < parts.count {
            guard parts[next].isSameWord(as: "providers"), next + 3 < parts.count else { return nil }
            let scope = parts[..<next].map { "/\($0)" }.joined()
            var type = parts[next + 1]
            var names: [String] = []
            next += 2
            repeat {
                guard next + 1 < parts.count else { return nil }
                type += "/\(parts[next])"
                names.append(parts[next + 1])
                next += 2
            } while next < parts.count && !parts[next].isSameWord(as: "providers")
            found = ResourceAddress(scope: scope, type: type, names: names)
        }
        guard let found else { return nil }
        self = found
    }

    package static let subscriptionType = "Microsoft.Resources/subscriptions"
    package static let resourceGroupType = "Microsoft.Resources/resourceGroups"

    /// The resource that holds this one; nil for one at the top of its type.
    package var parent: ResourceAddress? {
        guard names.count > 1 else { return nil }
        return ResourceAddress(
            scope: scope, type: type.split(separator: "/").dropLast().joined(separator: "/"), names: names.dropLast())
    }
}

extension StringProtocol {
    /// Equal but for the case of ASCII letters: what words of paths and ids are compared by.
    package func isSameWord(as other: some StringProtocol) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    /// With lower-case ASCII letters; all else as it is.
    package var lowercasedWord: String {
        String(decoding: utf8.map(\.lowercasedASCII), as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
