import Foundation
import Identity

/// Tokens that were verified, until they expire, found by their digest: a signature is checked once per loop.
struct TokenCache {
    private struct Entry {
        var subject: String
        /// Whether the subject is a principal, not an endpoint.
        var isPrincipal: Bool
        var issuer: String
        var audience: String
        var expiresAt: MonotonicTime

        func opens(_ route: CompiledRoute) -> Bool {
            route.takesPrincipals ? isPrincipal : !isPrincipal && subject == route.endpointID
        }
    }

    private let limit: Int
    private var entries: [Digest: Entry] = [:]
    private var verifier: TokenVerifier?

    init(limit: Int = 4096) {
        self.limit = limit
    }

    /// Takes the keys of a new table and forgets everything that older keys vouched for.
    mutating func use(_ verifier: TokenVerifier?) {
        self.verifier = verifier
        entries.removeAll(keepingCapacity: true)
    }

    /// Whether `token` opens `route` at this moment.
    mutating func admits(_ token: Bytes, to route: CompiledRoute, now: MonotonicTime) -> Bool {
        let digest = Digest(of: token)
        if let entry = entries[digest], entry.issuer == route.tokenIssuer, entry.audience == route.tokenAudience {
            if now < entry.expiresAt { return entry.opens(route) }
            entries[digest] = nil
        }
        guard let verifier else { return false }
        let wallNow = Date()
        let claims: TokenClaims
        do {
            claims = try verifier.verify(
                String(decoding: token, as: UTF8.self), issuer: route.tokenIssuer, audience: route.tokenAudience,
                now: wallNow)
        } catch {
            return false
        }
        let lifetime = claims.expiresAt.timeIntervalSince(wallNow)
        guard lifetime > 0 else { return false }
        makeRoom(now)
        let entry = Entry(
            subject: claims.subject, isPrincipal: claims.applicationID != nil, issuer: route.tokenIssuer,
            audience: route.tokenAudience,
            expiresAt: now.after(milliseconds: Int(min(lifetime, 86_400) * 1000)))
        entries[digest] = entry
        return entry.opens(route)
    }

    private mutating func makeRoom(_ now: MonotonicTime) {
        guard entries.count >= limit else { return }
        entries = entries.filter { now < $0.value.expiresAt }
        if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
    }
}
