package import Foundation

/// A shared access signature (SAS): query parameters that grant some access for some time.
///
/// Service SAS of a container (`sr=c`) or a blob (`sr=b`), and account SAS (`ss`, `srt`), of versions 2018-11-09 and
/// later. Stored access policies and user delegation keys don't exist here and are refused.
/// Source: "Create a service SAS" and "Create an account SAS", Azure Storage REST reference.
package struct SharedAccessSignature: Sendable {
    static let names: Set<String> = [
        "sv", "sr", "sp", "st", "se", "spr", "sip", "sig", "si", "ss", "srt", "ses", "snapshot", "sst", "sdd",
        "skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid", "skdutid", "sduoid", "srh", "srq",
        "rscc", "rscd", "rsce", "rscl", "rsct",
    ]
    private static let refused = ["si", "skoid", "sdd", "snapshot", "sst", "srh", "srq"]
    /// The version from which the encryption scope is a line of the string to sign.
    private static let scopeVersion = "2020-12-06"
    private static let oldestVersion = "2018-11-09"

    let fields: [String: String]

    /// Picks the signature's parameters out of a query.
    ///
    /// - Parameter query: decoded.
    /// - Returns: `nil` when there is no `sig`, so the request is not signed this way.
    /// - Throws: `authenticationFailed` when a parameter is missing, doubled or of a kind that does not exist here.
    package init?(query: [(name: String, value: String)]) throws(SignatureError) {
        let own = query.filter { Self.names.contains($0.name) }
        guard own.contains(where: { $0.name == "sig" }) else { return nil }
        fields = Dictionary(own.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        guard fields.count == own.count else { throw Self.failure("A signature parameter occurs twice.") }
        if let name = Self.refused.first(where: { fields[$0] != nil }) {
            throw Self.failure("Signatures with '\(name)' are not supported.")
        }
        let version = self["sv"]
        guard version.count == 10, version >= Self.oldestVersion, StorageDate.parseISO(version) != nil else {
            throw Self.failure("The signature's version is missing or not supported.")
        }
    }

    subscript(name: String) -> String { fields[name] ?? "" }

    static func failure(_ message: String) -> SignatureError { SignatureError(.authenticationFailed, message) }

    /// Header values that the signature prescribes for the response.
    package var answerOverrides: [(header: String, value: String)] {
        [
            ("Cache-Control", "rscc"), ("Content-Disposition", "rscd"), ("Content-Encoding", "rsce"),
            ("Content-Language", "rscl"), ("Content-Type", "rsct"),
        ].compactMap { header, name in fields[name].map { (header, $0) } }
    }

    /// Checks the signature first, then everything that it limits.
    ///
    /// - Returns: the permissions it grants, of which at least one was asked for. `create` alone forbids replacing.
    /// - Throws: any `SignatureError`.
    package func authorise(
        _ access: StorageAccess, account: StorageAccount, origin: StorageOrigin, now: Date
    ) throws(SignatureError) -> Set<StorageAccess.Permission> {
        let isAccountWide = fields["srt"] != nil || fields["ss"] != nil
        let text =
            isAccountWide ? accountStringToSign(account: account.name) : try stringToSign(access, account: account.name)
        guard account.verify(self["sig"], ofAny: [text]) else { throw Self.failure("The signature does not match.") }
        try checkTime(now)
        try checkOrigin(origin)
        if isAccountWide { try checkKind(of: access) }
        let granted = Set(self["sp"].compactMap(StorageAccess.Permission.init(rawValue:)))
        guard !granted.isDisjoint(with: access.permissions) else {
            throw SignatureError(.permissionMismatch, "The signature does not permit this operation.")
        }
        return granted
    }

    // MARK: Strings to sign

    private func stringToSign(_ access: StorageAccess, account: String) throws(SignatureError) -> String {
        let resource: String
        switch (self["sr"], access.resource) {
        case ("c", .contents(let container)), ("c", .blob(let container, _)):
            resource = "/blob/\(account)/\(container)"
        case ("b", .blob(let container, let blob)):
            resource = "/blob/\(account)/\(container)/\(blob)"
        case ("c", _), ("b", _):
            throw SignatureError(.permissionMismatch, "The signature is not for this kind of resource.")
        default:
            throw Self.failure("Signatures for this kind of resource are not supported.")
        }
        return serviceStringToSign(resource: resource)
    }

    func serviceStringToSign(resource: String) -> String {
        let scope = self["sv"] >= Self.scopeVersion ? [self["ses"]] : []
        let lines =
            ["sp", "st", "se"].map { self[$0] } + [resource]
            + ["si", "sip", "spr", "sv", "sr", "snapshot"].map { self[$0] }
            + scope + ["rscc", "rscd", "rsce", "rscl", "rsct"].map { self[$0] }
        return lines.joined(separator: "\n")
    }

    func accountStringToSign(account: String) -> String {
        let names =
            ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"] + (self["sv"] >= Self.scopeVersion ? ["ses"] : [])
        return ([account] + names.map { self[$0] }).map { $0 + "\n" }.joined()
    }

    // MARK: Limits

    private func checkTime(_ now: Date) throws(SignatureError) {
        guard let expiry = StorageDate.parseISO(self["se"]) else {
            throw Self.failure("The expiry is missing or malformed.")
        }
        guard now < expiry else { throw Self.failure("The signature has expired.") }
        guard let text = fields["st"] else { return }
        guard let start = StorageDate.parseISO(text) else { throw Self.failure("The start is malformed.") }
        guard now >= start else { throw Self.failure("The signature is not valid yet.") }
    }

    private func checkOrigin(_ origin: StorageOrigin) throws(SignatureError) {
        switch fields["spr"] {
        case nil, "https,http", "http,https": break
        case "https":
            guard origin.isSecure else {
                throw SignatureError(.protocolMismatch, "The signature permits encrypted connections only.")
            }
        default: throw Self.failure("The permitted protocols are malformed.")
        }
        guard let range = fields["sip"] else { return }
        guard let address = origin.address.flatMap(Self.number), Self.addresses(range)?.contains(address) == true else {
            throw SignatureError(.sourceAddressMismatch, "The signature does not permit this source address.")
        }
    }

    private func checkKind(of access: StorageAccess) throws(SignatureError) {
        guard self["ss"].contains("b") else {
            throw SignatureError(.serviceMismatch, "The signature is not for the Blob service.")
        }
        let kind: Character =
            switch access.resource {
            case .service: "s"
            case .container, .contents: "c"
            case .blob: "o"
            }
        guard self["srt"].contains(kind) else {
            throw SignatureError(.resourceTypeMismatch, "The signature is not for this kind of resource.")
        }
    }

    private static func addresses(_ range: String) -> ClosedRange<UInt32>? {
        let bounds = range.split(separator: "-", omittingEmptySubsequences: false).map { number(String($0)) }
        guard let first = bounds.first.flatMap({ $0 }), let last = bounds.last.flatMap({ $0 }),
            bounds.count <= 2, first <= last
        else { return nil }
        return first...last
    }

    private static func number(_ address: String) -> UInt32? {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        return parts.count == 4 ? parts.reduce(0) { $0 << 8 | UInt32($1) } : nil
    }
}
