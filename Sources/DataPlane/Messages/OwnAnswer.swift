import Routing

/// A response that the router gives by itself.
enum OwnAnswer: Equatable, CaseIterable {
    case malformed
    case headTooLarge
    case targetTooLong
    case unsupportedVersion
    case headTimeout
    /// The body, or the part of it that a replica is asked for with, took too long.
    case bodyTimeout
    case bodyTooLarge
    /// No routing table has arrived yet.
    case noTable
    case unauthorized
    case unknownEndpoint
    case unknownDeployment
    case noTraffic
    /// The model server has no such path.
    case unknownPath
    case queueFull
    /// A request waited too long on a managed endpoint.
    case queueWaitExceeded
    /// A request waited too long on a Kubernetes endpoint.
    case overloaded
    case noReadyReplica
    /// The model ran too long on a managed endpoint.
    case modelTimeout
    /// The model ran too long on a Kubernetes endpoint.
    case gatewayTimeout
    case replicaUnreachable
    case invalidAnswer
    case tooManyConnections

    static func queueWaitExceeded(_ kind: EndpointKind) -> OwnAnswer {
        kind == .managed ? .queueWaitExceeded : .overloaded
    }

    static func timeout(_ kind: EndpointKind) -> OwnAnswer {
        kind == .managed ? .modelTimeout : .gatewayTimeout
    }

    static func fault(_ fault: HeadFault) -> OwnAnswer {
        switch fault {
        case .malformed: .malformed
        case .unsupportedVersion: .unsupportedVersion
        case .headTooLarge, .tooManyFields: .headTooLarge
        case .targetTooLong: .targetTooLong
        }
    }

    /// Status line and `code` of the error body.
    var status: (number: Int, line: StaticString, code: StaticString) {
        switch self {
        case .malformed: (400, "HTTP/1.1 400 Bad Request\r\n", "BadRequest")
        case .unauthorized: (401, "HTTP/1.1 401 Unauthorized\r\n", "Unauthorized")
        case .unknownEndpoint: (404, "HTTP/1.1 404 Not Found\r\n", "EndpointNotFound")
        case .unknownDeployment: (404, "HTTP/1.1 404 Not Found\r\n", "DeploymentNotFound")
        case .unknownPath: (404, "HTTP/1.1 404 Not Found\r\n", "PathNotFound")
        case .noTraffic: (404, "HTTP/1.1 404 Not Found\r\n", "NoTraffic")
        case .headTimeout, .bodyTimeout: (408, "HTTP/1.1 408 Request Timeout\r\n", "RequestTimeout")
        case .modelTimeout: (408, "HTTP/1.1 408 Request Timeout\r\n", "ModelTimeout")
        case .bodyTooLarge: (413, "HTTP/1.1 413 Content Too Large\r\n", "RequestTooLarge")
        case .targetTooLong: (414, "HTTP/1.1 414 URI Too Long\r\n", "UriTooLong")
        case .queueFull, .queueWaitExceeded: (429, "HTTP/1.1 429 Too Many Requests\r\n", "TooManyRequests")
        case .headTooLarge: (431, "HTTP/1.1 431 Request Header Fields Too Large\r\n", "HeaderTooLarge")
        case .replicaUnreachable, .invalidAnswer: (502, "HTTP/1.1 502 Bad Gateway\r\n", "BadGateway")
        case .overloaded, .noReadyReplica, .noTable, .tooManyConnections:
            (503, "HTTP/1.1 503 Service Unavailable\r\n", "ServiceUnavailable")
        case .gatewayTimeout: (504, "HTTP/1.1 504 Gateway Timeout\r\n", "ModelTimeout")
        case .unsupportedVersion: (505, "HTTP/1.1 505 HTTP Version Not Supported\r\n", "UnsupportedVersion")
        }
    }

    /// For the caller; without quotes, so it can stand in JSON as it is.
    var message: StaticString {
        switch self {
        case .malformed: "The request is not valid HTTP."
        case .headTooLarge: "The request headers are too large or too many."
        case .targetTooLong: "The request URI is too long."
        case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are supported."
        case .headTimeout: "The request headers did not arrive in time."
        case .bodyTimeout: "The request body did not arrive in time."
        case .bodyTooLarge: "The request body is larger than this router allows."
        case .noTable: "The router has not been told any endpoints yet."
        case .unauthorized: "A valid key or token is required in the Authorization header."
        case .unknownEndpoint: "There is no such endpoint."
        case .unknownDeployment: "The endpoint has no deployment of the name given in azureml-model-deployment."
        case .unknownPath: "The deployment's model server has no such path."
        case .noTraffic: "No deployment of the endpoint has a positive share of its traffic."
        case .queueFull: "Too many requests wait for the deployment."
        case .queueWaitExceeded, .overloaded: "No replica of the deployment became free in time."
        case .noReadyReplica: "The deployment has no ready replica."
        case .modelTimeout, .gatewayTimeout: "The model did not answer within the request timeout."
        case .replicaUnreachable: "The replica could not be reached, or closed the connection without an answer."
        case .invalidAnswer: "The replica sent an answer that is not valid HTTP."
        case .tooManyConnections: "The router has as many connections as it may have."
        }
    }

    /// Value of `x-sluice-cause`, for responses whose status alone does not tell.
    var cause: StaticString? {
        switch self {
        case .queueFull: "queue-full"
        case .queueWaitExceeded, .overloaded: "queue-wait-exceeded"
        case .noReadyReplica: "no-ready-replica"
        case .noTable: "no-table"
        case .bodyTimeout: "body-timeout"
        case .modelTimeout, .gatewayTimeout: "request-timeout"
        case .replicaUnreachable: "replica-unreachable"
        case .invalidAnswer: "invalid-answer"
        case .tooManyConnections: "too-many-connections"
        default: nil
        }
    }

    var saysRetryAfter: Bool {
        switch self {
        case .queueFull, .queueWaitExceeded, .overloaded, .noReadyReplica, .noTable, .tooManyConnections: true
        default: false
        }
    }

    /// The connection cannot go on: where the next request starts is not known.
    var closesConnection: Bool {
        switch self {
        case .malformed, .headTooLarge, .targetTooLong, .unsupportedVersion, .headTimeout, .bodyTimeout, .bodyTooLarge,
            .tooManyConnections:
            true
        default: false
        }
    }

    /// Appends the response: head, and body unless it answers HEAD; at most 1 KB.
    func write(
        to queue: inout ByteQueue, request: RequestFacts, origin: [UInt8]? = nil, deployment: [UInt8]?, closes: Bool
    ) {
        let status = status
        let message = message
        // {"error":{"code":"…","message":"…"}} without its two values.
        let bodyCount = 34 + status.code.utf8CodeUnitCount + message.utf8CodeUnitCount
        queue.append(status.line)
        queue.append("content-type: application/json\r\ncontent-length: ")
        queue.append(decimal: UInt64(bodyCount))
        queue.append("\r\n")
        if self == .unauthorized { queue.append("www-authenticate: Bearer\r\n") }
        if saysRetryAfter { queue.append("retry-after: 1\r\n") }
        if let cause {
            queue.append("x-sluice-cause: ")
            queue.append(cause)
            queue.append("\r\n")
        }
        AnswerHead.writeCommon(to: &queue, request: request, origin: origin, deployment: deployment, closes: closes)
        queue.append("\r\n")
        guard !request.isHEAD else { return }
        queue.append("{\"error\":{\"code\":\"")
        queue.append(status.code)
        queue.append("\",\"message\":\"")
        queue.append(message)
        queue.append("\"}}")
    }
}
