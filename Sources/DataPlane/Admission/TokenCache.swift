import Foundation
import Identity

/// What a token has to be for an endpoint.
struct TokenDemand: Sendable, Equatable {
    let issuer: String
    let audience: String
    /// The endpoint that tokens of its own name.
    let endpointID: String
    /// Whether principals come with their own tokens, not those of the endpoint.
    let takesPrincipals: Bool
}

/// Tokens that were verified, until they expire, found by their digest: a signature is checked once per loop.
struct TokenCache {
    private struct Entry {
        var subject: String
        /// Whether the subject is a principal, not an endpoint.
        var isPrincipal: Bool
        var issuer: String
        var audience: String
        var expiresAt: MonotonicTime

        func meets(_ demand: TokenDemand) -> Bool {
            demand.takesPrincipals ? isPrincipal : !isPrincipal && subject == demand.endpointID
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

    /// Whether `token` meets what an endpoint demands at this moment.
    mutating func admits(_ token: Bytes, to demand: TokenDemand, now: MonotonicTime) -> Bool {
        let digest = Digest(of: token)
        if let entry = entries[digest], entry.issuer == demand.issuer, entry.audience == demand.audience {
            if now < entry.expiresAt { return entry.meets(demand) }
            entries[digest] = nil
        }
        guard let verifier else { return false }
        let wallNow = Date()
        let claims: TokenClaims
        do {
            claims = try verifier.verify(
                String(decoding: token, as: UTF8.self), issuer: demand.issuer, audience: demand.audience,
                now: wallNow)
        } catch {
            return false
        }
        let lifetime = claims.expiresAt.timeIntervalSince(wallNow)
        guard lifetime > 0 else { return false }
        makeRoom(now)
        let entry = Entry(
            subject: claims.subject, isPrincipal: claims.applicationID != nil, issuer: demand.issuer,
            audience: demand.audience,
            expiresAt: now.after(milliseconds: Int(min(lifetime, 86_400) * 1000)))
        entries[digest] = entry
        return entry.meets(demand)
    }

    private mutating func makeRoom(_ now: MonotonicTime) {
        guard entries.count >= limit else { return }
        entries = entries.filter { now < $0.value.expiresAt }
        if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
    }
}
