/// What an error code means for a call: the name and number of its HTTP status, which deployments tell as well.
package enum ARMStatus: String, Sendable {
    case badRequest = "BadRequest"
    case unauthorized = "Unauthorized"
    case forbidden = "Forbidden"
    case notFound = "NotFound"
    case methodNotAllowed = "MethodNotAllowed"
    case conflict = "Conflict"
    case preconditionFailed = "PreconditionFailed"
    case requestTooLarge = "RequestEntityTooLarge"
    case requestTimeout = "RequestTimeout"
    case unsupportedMediaType = "UnsupportedMediaType"
    case tooManyRequests = "TooManyRequests"
    case internalServerError = "InternalServerError"
    case notImplemented = "NotImplemented"
    case serviceUnavailable = "ServiceUnavailable"

    package var code: Int {
        switch self {
        case .badRequest: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .preconditionFailed: 412
        case .requestTimeout: 408
        case .requestTooLarge: 413
        case .unsupportedMediaType: 415
        case .tooManyRequests: 429
        case .internalServerError: 500
        case .notImplemented: 501
        case .serviceUnavailable: 503
        }
    }
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
