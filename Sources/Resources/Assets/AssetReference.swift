/// How a body names an asset or a place in the artifact store.
package enum AssetReference: Sendable, Equatable {
    /// A registered version; `version` may be nil where `label` is given (`latest`).
    case registered(name: String, version: String?, label: String?)
    /// A path of a datastore: `azureml://…/datastores/{store}/paths/{path}`.
    case datastorePath(datastore: String, path: String)
    /// `https://host/{account}/{container}/{path}`; only container and path matter, the store is ours.
    case blobURL(String)

    /// Accepts the forms of `surface.md` §9; nil for anything else. Which place a form names, ``AssetPlace`` says: what comes
    /// from a body is read by ``AssetScope/reference(_:_:)``, which refuses another one.
    package init?(_ text: String, kind: AssetKind) {
        let (place, rest) = AssetPlace.split(text)
        switch (place, rest) {
        case (.storage, _): self = .blobURL(text)
        case (.unstated, nil):
            guard !text.hasPrefix("/"), !text.lowercased().hasPrefix("azureml:/"),
                let reference = Self.parseShort(text)
            else { return nil }
            self = reference
        case (.unstated, let rest?), (.workspace, let rest?), (.workspaceID, let rest?), (.registry, let rest?):
            guard let reference = Self.parse(Array(rest), kind: kind) else { return nil }
            self = reference
        default: return nil
        }
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

    /// `datastores/{d}/paths/{p}`, `models/{n}/versions/{v}`, `models/{n}/labels/{l}`.
    private static func parse(_ parts: [String], kind: AssetKind) -> AssetReference? {
        let lowered = parts.map { $0.lowercased() }
        guard parts.count >= 3 else { return nil }
        if lowered[0] == "datastores", lowered[2] == "paths" {
            return .datastorePath(datastore: parts[1], path: parts[3...].joined(separator: "/"))
        }
        guard parts.count == 4, lowered[0] == kind.rawValue else { return nil }
        switch lowered[2] {
        case "versions": return .registered(name: parts[1], version: parts[3], label: nil)
        case "labels": return .registered(name: parts[1], version: nil, label: parts[3])
        default: return nil
        }
    }
}
