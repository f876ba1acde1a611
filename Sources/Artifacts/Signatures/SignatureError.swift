/// Why a signed request is refused. The code's raw value is the Blob service's error code.
package struct SignatureError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        /// Malformed, expired, unknown or wrong signature.
        case authenticationFailed = "AuthenticationFailed"
        case permissionMismatch = "AuthorizationPermissionMismatch"
        case resourceTypeMismatch = "AuthorizationResourceTypeMismatch"
        case serviceMismatch = "AuthorizationServiceMismatch"
        case protocolMismatch = "AuthorizationProtocolMismatch"
        case sourceAddressMismatch = "AuthorizationSourceIPMismatch"
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        (self.code, self.message) = (code, message)
    }
}
