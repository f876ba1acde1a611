/// What an error code means for a call: the number and name of its HTTP status, which deployments show as well.
package struct ARMStatus: Sendable, Equatable {
    package let code: Int
    package let name: String

    private init(_ code: Int, _ name: String) {
        (self.code, self.name) = (code, name)
    }

    package static let badRequest = ARMStatus(400, "BadRequest")
    package static let unauthorized = ARMStatus(401, "Unauthorized")
    package static let forbidden = ARMStatus(403, "Forbidden")
    package static let notFound = ARMStatus(404, "NotFound")
    package static let methodNotAllowed = ARMStatus(405, "MethodNotAllowed")
    package static let requestTimeout = ARMStatus(408, "RequestTimeout")
    package static let conflict = ARMStatus(409, "Conflict")
    package static let preconditionFailed = ARMStatus(412, "PreconditionFailed")
    package static let requestTooLarge = ARMStatus(413, "RequestEntityTooLarge")
    package static let unsupportedMediaType = ARMStatus(415, "UnsupportedMediaType")
    package static let tooManyRequests = ARMStatus(429, "TooManyRequests")
    package static let internalServerError = ARMStatus(500, "InternalServerError")
    package static let notImplemented = ARMStatus(501, "NotImplemented")
    package static let serviceUnavailable = ARMStatus(503, "ServiceUnavailable")
}

extension ARMErrorCode {
    package var status: ARMStatus {
        switch self {
        case .missingApiVersionParameter, .invalidApiVersionParameter, .invalidRequestContent, .invalidRequestURI,
            .invalidResourceName,
            .locationRequired, .badArgument, .userError, .imageBuildFailure, .userScriptInitFailed,
            .userScriptImportError, .userScriptFunctionNotFound, .deploymentCrashLoopBackOff, .invalidDeploymentSpec,
            .resourceNotReady, .outOfQuota, .quotaExceeded, .invalidTemplate, .invalidTemplateCircularDependency,
            .invalidTemplateDeployment, .mismatchingResourceSegments, .deploymentJobSizeExceeded, .invalidContentLink,
            .invalidDeploymentParameterValue, .deploymentNameLengthLimitExceeded, .deploymentNameInvalidCharacters,
            .invalidDeploymentLocation, .noRegisteredProviderFound, .invalidResourceNamespace, .invalidResourceType:
            .badRequest
        case .requestTooLarge: .requestTooLarge
        case .requestTimeout: .requestTimeout
        case .unsupportedMediaType: .unsupportedMediaType
        case .methodNotAllowed: .methodNotAllowed
        case .notImplemented: .notImplemented
        case .authenticationFailed, .expiredAuthenticationToken: .unauthorized
        case .authorizationFailed: .forbidden
        case .subscriptionNotFound, .resourceGroupNotFound, .parentResourceNotFound, .resourceNotFound, .pathNotFound,
            .deploymentNotFound:
            .notFound
        case .conflict, .operationInProgress, .invalidResourceLocation, .endpointAlreadyExists, .deploymentHasTraffic,
            .resourceGroupBeingDeleted, .roleAssignmentExists, .roleAssignmentUpdateNotPermitted,
            .operationCanceled, .operationTimedOut, .deploymentActive,
            .deploymentCannotBeCancelled, .deploymentQuotaExceeded, .deploymentFailed, .resourceDeploymentFailure:
            .conflict
        case .preconditionFailed: .preconditionFailed
        case .tooManyRequests: .tooManyRequests
        case .serviceUnavailable: .serviceUnavailable
        case .internalServerError: .internalServerError
        }
    }
}
