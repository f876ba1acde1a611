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
            guard let reference = Self.parseURI(text) else { return nil }
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
        if let at = bare.lastIndex(of: "@") {
            return .registered(name: String(bare[..<at]), version: nil, label: String(bare[bare.index(after: at)...]))
        }
        guard let colon = bare.lastIndex(of: ":"), colon != bare.startIndex else { return nil }
        return .registered(name: String(bare[..<colon]), version: String(bare[bare.index(after: colon)...]), label: nil)
    }

    /// `azureml://[subscriptions/…/]datastores/{d}/paths/{p}` and `azureml://locations/…/models/{n}/versions/{v}`.
    private static func parseURI(_ text: String) -> AssetReference? {
        let parts = text.dropFirst("azureml://".count).split(separator: "/", omittingEmptySubsequences: true).map(
            String.init)
        let lowered = parts.map { $0.lowercased() }
        if let store = lowered.firstIndex(of: "datastores"), store + 2 < parts.count, lowered[store + 2] == "paths" {
            return .datastorePath(
                datastore: parts[store + 1], path: parts[(store + 3)...].joined(separator: "/"))
        }
        for kind in AssetKind.allCases {
            guard let index = lowered.firstIndex(of: kind.rawValue), index + 3 < parts.count else { continue }
            switch lowered[index + 2] {
            case "versions": return .registered(name: parts[index + 1], version: parts[index + 3], label: nil)
            case "labels": return .registered(name: parts[index + 1], version: nil, label: parts[index + 3])
            default: continue
            }
        }
        return nil
    }
}
