/// How a body names an asset or a place in the artifact store.
package enum AssetReference: Sendable, Equatable {
    /// A registered version; `version` may be nil where `label` is given (`latest`).
    case registered(name: String, version: String?, label: String?)
    /// A path of a datastore: `azureml://…/datastores/{store}/paths/{path}`.
    case datastorePath(datastore: String, path: String)
    /// `https://host/{account}/{container}/{path}`; only container and path matter, the store is ours.
    case blobURL(String)

    /// Accepts the forms of `surface.md` §9; nil for anything else.
    package init?(_ text: String, kind: AssetKind) {
        let lowered = text.lowercased()
        if text.hasPrefix("/") || lowered.hasPrefix("azureml:/subscriptions") {
            let path = text.hasPrefix("/") ? text : String(text.dropFirst("azureml:".count))
            guard let id = ResourceID(path), let name = id.name(of: kind.rawValue) else { return nil }
            self = .registered(name: name, version: id.name(of: "versions"), label: id.name(of: "labels"))
        } else if lowered.hasPrefix("azureml://") {
            guard let reference = Self.parseURI(text, kind: kind) else { return nil }
            self = reference
        } else if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") {
            self = .blobURL(text)
        } else {
            guard let reference = Self.parseShort(text) else { return nil }
            self = reference
        }
        if case .registered(_, nil, nil) = self { return nil }
    }

    /// `azureml:name:version`, `azureml:name@label`, or the same without the scheme.
    private static func parseShort(_ text: String) -> AssetReference? {
        let bare = text.lowercased().hasPrefix("azureml:") ? String(text.dropFirst("azureml:".count)) : text
        guard let separator = bare.lastIndex(where: { $0 == "@" || $0 == ":" }) else { return nil }
        let (name, last) = (String(bare[..<separator]), String(bare[bare.index(after: separator)...]))
        guard !name.isEmpty, !last.isEmpty else { return nil }
        return bare[separator] == "@"
            ? .registered(name: name, version: nil, label: last) : .registered(name: name, version: last, label: nil)
    }

    /// `azureml://[subscriptions/…/]datastores/{d}/paths/{p}` and `azureml://locations/…/models/{n}/versions/{v}`.
    private static func parseURI(_ text: String, kind: AssetKind) -> AssetReference? {
        let parts = text.dropFirst("azureml://".count).split(separator: "/", omittingEmptySubsequences: true).map(
            String.init)
        let lowered = parts.map { $0.lowercased() }
        if let store = lowered.firstIndex(of: "datastores"), store + 2 < parts.count, lowered[store + 2] == "paths" {
            return .datastorePath(
                datastore: parts[store + 1], path: parts[(store + 3)...].joined(separator: "/"))
        }
        guard parts.count >= 4, lowered[parts.count - 4] == kind.rawValue else { return nil }
        let (name, last) = (parts[parts.count - 3], parts[parts.count - 1])
        switch lowered[parts.count - 2] {
        case "versions": return .registered(name: name, version: last, label: nil)
        case "labels": return .registered(name: name, version: nil, label: last)
        default: return nil
        }
    }
}
