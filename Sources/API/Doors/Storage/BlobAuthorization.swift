package import Artifacts
import Foundation
import HTTPTypes

/// What a bearer token for `https://storage.azure.com` permits of what a request asks for; nil for an invalid token.
package typealias BearerCheck = @Sendable (String, StorageAccess) async throws -> Set<StorageAccess.Permission>?

/// Decides, before anything is looked up, whether a request may do what it asks for.
struct BlobAuthorization: Sendable {
    /// What a request was granted.
    struct Grant {
        /// Whether the whole account is open to it: the account's key, not a SAS or a token.
        var isUnlimited: Bool
        /// The bearer token that granted it.
        var bearer: String?
        var permissions: Set<StorageAccess.Permission>
        var answerOverrides: [(header: String, value: String)] = []

        static let unlimited = Grant(isUnlimited: true, permissions: Set(StorageAccess.Permission.allCases))

        /// `create` without `write` lets new blobs come but none be replaced.
        func conditions(_ conditions: BlobConditions) -> BlobConditions {
            guard !permissions.contains(.write) else { return conditions }
            var conditions = conditions
            conditions.ifNoneMatch = .any
            return conditions
        }
    }

    let account: StorageAccount
    let bearer: BearerCheck
    let now: @Sendable () -> Date

    /// - Throws: `StorageFailure` with 401 without (valid) credentials, `SignatureError`.
    func authorise(_ request: BlobRequest, _ access: StorageAccess, origin: StorageOrigin) async throws -> Grant {
        guard let header = request.header("Authorization") else {
            return try authorise(query: request.query, access, origin: origin)
        }
        if let signature = try SharedKeySignature(authorization: header) {
            let segment = String(request.path.dropFirst().prefix { $0 != "/" })
            try signature.verify(
                SharedKeySignature.Request(
                    method: request.method.rawValue, path: request.path, query: request.query,
                    headers: request.headers.map { ($0.name.canonicalName, $0.value) }),
                account: account, names: [account.name, segment], now: now())
            return .unlimited
        }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { throw Self.invalidAuthentication }
        return try await authorise(bearer: String(words[1]), access)
    }

    /// By the roles of the principal that a token speaks for.
    func authorise(bearer token: String, _ access: StorageAccess) async throws -> Grant {
        guard let permissions = try await bearer(token, access) else { throw Self.invalidAuthentication }
        guard !permissions.isDisjoint(with: access.permissions) else {
            throw StorageFailure(
                .forbidden, "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.")
        }
        return Grant(isUnlimited: false, bearer: token, permissions: permissions)
    }

    private static let invalidAuthentication = StorageFailure(
        .unauthorized, "InvalidAuthenticationInfo", "The authentication is not valid.")

    /// By the signature in a URL's query.
    func authorise(
        query: [(name: String, value: String)], _ access: StorageAccess, origin: StorageOrigin
    ) throws -> Grant {
        guard let signature = try SharedAccessSignature(query: query) else { throw StorageFailure.unauthenticated }
        let permissions = try signature.authorise(access, account: account, origin: origin, now: now())
        return Grant(isUnlimited: false, permissions: permissions, answerOverrides: signature.answerOverrides)
    }
}
