import CLibJWT
import Foundation

/// Signs tokens with one key, through libjwt.
package struct TokenIssuer: Sendable {
    private let key: SigningKey

    package init(key: SigningKey) {
        self.key = key
    }

    /// The token in its compact form, `header.payload.signature`.
    package func sign(_ claims: TokenClaims) throws(IdentityError) -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(Int64(date.timeIntervalSince1970))
        }
        guard let payload = try? encoder.encode(claims) else {  // claims hold only texts and numbers
            throw IdentityError(.signingFailed, "encoding claims")
        }
        var token: OpaquePointer?
        guard jwt_new(&token) == 0, let token else { throw IdentityError(.signingFailed, "making a token") }
        defer { jwt_free(token) }
        let pem = Array(key.privateKeyPEM.utf8)
        guard jwt_add_grants_json(token, String(decoding: payload, as: UTF8.self)) == 0,
            jwt_add_header(token, "kid", key.keyID) == 0,
            jwt_set_alg(token, JWT_ALG_RS256, pem, Int32(pem.count)) == 0,
            let text = jwt_encode_str(token)
        else { throw IdentityError(.signingFailed, "signing a token") }
        defer { free(text) }
        return String(cString: text)
    }
}
