/// The one error that callers see: shape of ARM's error body (`ErrorDetail`, common-types v3). Knows nothing of HTTP.
package struct ARMError: Error, Sendable, Equatable, Codable {
    package var code: ARMErrorCode
    /// Written for the caller; leaks nothing internal.
    package var message: String
    /// JSON path or resource id that the error is about.
    package var target: String?
    package var details: [ARMError]?
    /// More for programs, such as the place in a template.
    package var additionalInfo: [ARMErrorInfo]?

    package init(
        _ code: ARMErrorCode, _ message: String, target: String? = nil, details: [ARMError]? = nil,
        additionalInfo: [ARMErrorInfo]? = nil
    ) {
        (self.code, self.message, self.target) = (code, message, target)
        (self.details, self.additionalInfo) = (details, additionalInfo)
    }

    /// What is wrong one by one: the details of an error that lists several, else the error itself.
    package var problems: [ARMError] { details ?? [self] }

    /// The same error with its place and a beginning in the message.
    func prefixed(_ beginning: String) -> ARMError {
        var copy = self
        copy.message = beginning + (target.map { "\($0) " } ?? "") + message
        return copy
    }
}

/// One entry of `additionalInfo` (`ErrorAdditionalInfo`, common-types v3); we tell places in templates.
package struct ARMErrorInfo: Sendable, Equatable, Codable {
    package struct TemplatePlace: Sendable, Equatable, Codable {
        /// Both from 1; 0 when the place has no line.
        package var lineNumber: Int
        package var linePosition: Int
        /// JSON path in the template.
        package var path: String

        package init(lineNumber: Int, linePosition: Int, path: String) {
            (self.lineNumber, self.linePosition, self.path) = (lineNumber, linePosition, path)
        }
    }

    package var type: String
    package var info: TemplatePlace

    package init(templateViolation place: TemplatePlace) {
        type = "TemplateViolation"
        info = place
    }
}

/// Codes on the wire. `API` maps each to its HTTP status.
package enum ARMErrorCode: String, Sendable, Codable, CaseIterable {
    // Requests
    case missingApiVersionParameter = "MissingApiVersionParameter"
    case invalidApiVersionParameter = "InvalidApiVersionParameter"
    case invalidRequestContent = "InvalidRequestContent"
    case invalidRequestURI = "InvalidRequestUri"
    case invalidResourceName = "InvalidResourceName"
    case locationRequired = "LocationRequired"
    case badArgument = "BadArgument"
    case userError = "UserError"
    case requestTooLarge = "RequestTooLarge"
    case requestTimeout = "RequestTimeout"
    case unsupportedMediaType = "UnsupportedMediaType"
    case methodNotAllowed = "MethodNotAllowed"
    case notImplemented = "NotImplemented"
    // Callers
    case authenticationFailed = "AuthenticationFailed"
    case expiredAuthenticationToken = "ExpiredAuthenticationToken"
    case authorizationFailed = "AuthorizationFailed"
    case roleAssignmentExists = "RoleAssignmentExists"
    case roleAssignmentUpdateNotPermitted = "RoleAssignmentUpdateNotPermitted"
    // Look-ups
    case subscriptionNotFound = "SubscriptionNotFound"
    case resourceGroupNotFound = "ResourceGroupNotFound"
    case parentResourceNotFound = "ParentResourceNotFound"
    case resourceNotFound = "ResourceNotFound"
    case pathNotFound = "PathNotFound"
    // States
    case conflict = "Conflict"
    case operationInProgress = "OperationInProgress"
    case invalidResourceLocation = "InvalidResourceLocation"
    case endpointAlreadyExists = "EndpointAlreadyExists"
    case deploymentHasTraffic = "DeploymentHasTraffic"
    case resourceGroupBeingDeleted = "ResourceGroupBeingDeleted"
    case preconditionFailed = "PreconditionFailed"
    case quotaExceeded = "QuotaExceeded"
    // Operations (surface.md §5)
    case imageBuildFailure = "ImageBuildFailure"
    case outOfQuota = "OutOfQuota"
    case resourceNotReady = "ResourceNotReady"
    case operationCanceled = "OperationCanceled"
    case operationTimedOut = "OperationTimedOut"
    case userScriptInitFailed = "UserScriptInitFailed"
    case userScriptImportError = "UserScriptImportError"
    case userScriptFunctionNotFound = "UserScriptFunctionNotFound"
    case deploymentCrashLoopBackOff = "DeploymentCrashLoopBackOff"
    case invalidDeploymentSpec = "InvalidDeploymentSpec"
    // Templates (arm-templates.md §10)
    case invalidTemplate = "InvalidTemplate"
    case invalidTemplateCircularDependency = "InvalidTemplateCircularDependency"
    case invalidTemplateDeployment = "InvalidTemplateDeployment"
    case mismatchingResourceSegments = "MismatchingResourceSegments"
    case deploymentJobSizeExceeded = "DeploymentJobSizeExceeded"
    case invalidContentLink = "InvalidContentLink"
    case invalidDeploymentParameterValue = "InvalidDeploymentParameterValue"
    case deploymentNameLengthLimitExceeded = "DeploymentNameLengthLimitExceeded"
    case deploymentNameInvalidCharacters = "DeploymentNameInvalidCharacters"
    case invalidDeploymentLocation = "InvalidDeploymentLocation"
    case noRegisteredProviderFound = "NoRegisteredProviderFound"
    case invalidResourceNamespace = "InvalidResourceNamespace"
    case invalidResourceType = "InvalidResourceType"
    case deploymentNotFound = "DeploymentNotFound"
    case deploymentActive = "DeploymentActive"
    case deploymentCannotBeCancelled = "DeploymentCannotBeCancelled"
    case deploymentQuotaExceeded = "DeploymentQuotaExceeded"
    case deploymentFailed = "DeploymentFailed"
    case resourceDeploymentFailure = "ResourceDeploymentFailure"
    // Us
    case tooManyRequests = "TooManyRequests"
    case serviceUnavailable = "ServiceUnavailable"
    case internalServerError = "InternalServerError"
}
