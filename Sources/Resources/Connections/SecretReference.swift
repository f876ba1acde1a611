/// A secret that the value of a variable stands for (`identity.md` §3.2): `${{azureml://connections/NAME/credentials/KEY}}`,
/// `${{keyvault:https://VAULT/secrets/NAME/VERSION}}`.
///
/// Specifications keep the text; the secret itself is looked up where a replica starts, and stored nowhere.
package enum SecretReference: Sendable, Equatable {
    /// What of a connection is meant.
    package enum Part: Sendable, Equatable {
        /// All that `listSecrets` returns, as JSON.
        case whole
        case target
        /// By its name, such as `key` or `password`; letters count as they are written.
        case credential(String)
        case metadata(String)
    }

    case connection(name: String, Part)
    /// A secret of a vault; without a version the newest.
    case vault(host: String, secret: String, version: String?)

    /// Why a value that begins as a reference is none.
    package struct Malformed: Error, Equatable {
        package let reason: String
    }

    /// The reference that a value is; nil for any other text.
    ///
    /// - Throws: ``Malformed`` where it begins as one and can't be read.
    package init?(_ value: String) throws(Malformed) {
        guard value.hasPrefix("${{") else { return nil }
        let start = value.dropFirst(3).drop { $0 == " " }
        guard start.hasPrefix("azureml:") || start.hasPrefix("keyvault:") else { return nil }
        guard start.hasSuffix("}}") else { throw Malformed(reason: "it does not end with '}}'") }
        let inner = String(start.dropLast(2)).trimmingSpaces
        if let path = inner.withoutPrefix("azureml://connections/") {
            self = try Self.connection(path)
        } else if let path = inner.withoutPrefix("keyvault:https://") {
            self = try Self.vault(path)
        } else {
            throw Malformed(reason: "it names neither azureml://connections/ nor keyvault:https://")
        }
    }

    private static func connection(_ path: String) throws(Malformed) -> SecretReference {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains("") else { throw Malformed(reason: "a part of its path is empty") }
        return switch (parts.count, parts.dropFirst().first) {
        case (1, _): .connection(name: parts[0], .whole)
        case (2, "target"): .connection(name: parts[0], .target)
        case (3, "credentials"): .connection(name: parts[0], .credential(parts[2]))
        case (3, "metadata"): .connection(name: parts[0], .metadata(parts[2]))
        default:
            throw Malformed(reason: "behind the connection come credentials/KEY, metadata/NAME, target, or nothing")
        }
    }

    private static func vault(_ path: String) throws(Malformed) -> SecretReference {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (3...4).contains(parts.count), parts[1] == "secrets", !parts.contains("") else {
            throw Malformed(reason: "behind the vault's host come secrets/NAME, and a version or nothing")
        }
        return .vault(host: parts[0], secret: parts[2], version: parts.count == 4 ? parts[3] : nil)
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    fileprivate func withoutPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
