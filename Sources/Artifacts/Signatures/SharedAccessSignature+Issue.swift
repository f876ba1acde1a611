package import Foundation

extension SharedAccessSignature {
    /// The version that issued signatures follow.
    private static let issuedVersion = "2021-12-02"

    /// Makes a signature for a container and the blobs in it.
    ///
    /// Holds official parameter names only: clients take a token with any other for an account key.
    /// - Parameter secureOnly: refuse it over unencrypted connections.
    /// - Returns: the query string, encoded, without a question mark; `nil` when the account has no key.
    package static func issue(
        container: ContainerName, permissions: Set<StorageAccess.Permission>, start: Date? = nil, expiry: Date,
        secureOnly: Bool, account: StorageAccount
    ) -> String? {
        issue(
            kind: "c", resource: "/blob/\(account.name)/\(container)", permissions: permissions, start: start,
            expiry: expiry, secureOnly: secureOnly, account: account)
    }

    /// Makes a signature for one blob.
    package static func issue(
        blob: BlobName, in container: ContainerName, permissions: Set<StorageAccess.Permission>, start: Date? = nil,
        expiry: Date, secureOnly: Bool, account: StorageAccount
    ) -> String? {
        issue(
            kind: "b", resource: "/blob/\(account.name)/\(container)/\(blob)", permissions: permissions,
            start: start, expiry: expiry, secureOnly: secureOnly, account: account)
    }

    private static func issue(
        kind: String, resource: String, permissions: Set<StorageAccess.Permission>, start: Date?, expiry: Date,
        secureOnly: Bool, account: StorageAccount
    ) -> String? {
        guard let key = account.keys.first else { return nil }
        // The service prescribes the order of the letters: that of the declaration.
        let letters = String(StorageAccess.Permission.allCases.filter(permissions.contains).map(\.rawValue))
        var fields = [
            "sv": issuedVersion, "sr": kind, "sp": letters, "se": StorageDate.iso(expiry),
            "spr": secureOnly ? "https" : "https,http",
        ]
        if let start { fields["st"] = StorageDate.iso(start) }
        let text = SharedAccessSignature(fields: fields).serviceStringToSign(resource: resource)
        fields["sig"] = key.signature(of: text)
        return ["sv", "sr", "sp", "st", "se", "spr", "sig"].compactMap { name in
            fields[name].map { "\(name)=\(encoded($0))" }
        }.joined(separator: "&")
    }

    private init(fields: [String: String]) { self.fields = fields }

    private static func encoded(_ value: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? value
    }
}
