import Foundation
import HTTPTypes
import Hummingbird
import Resources

/// The URLs that operations are followed by.
enum OperationURL {
    enum Kind: String {
        /// `Azure-AsyncOperation`: the status body.
        case status = "mfeOperationsStatus"
        /// `Location`: what the synchronous call would have answered.
        case result = "mfeOperationResults"
    }

    static func path(_ operation: ResourceOperation, _ kind: Kind) -> String {
        path(operation.statusName, kind, resource: operation.resourceID, location: operation.location)
    }

    static func path(_ statusName: String, _ kind: Kind, resource: String, location: String) -> String {
        let subscription = ResourceID(resource)?.subscription ?? ""
        return
            "/subscriptions/\(subscription)/providers/\(ResourceID.machineLearning)/locations/\(location)/\(kind.rawValue)/\(statusName)"
    }

    static func absolute(_ operation: ResourceOperation, _ kind: Kind, _ context: APIRequestContext) -> String {
        "\(context.baseURL)\(path(operation, kind))?api-version=\(context.apiVersion)"
    }
}

extension HTTPFields {
    /// Headers of a response that a caller follows up: where, and how soon. Clients that read fractions come back
    /// after 200 ms, others after a second.
    mutating func follow(_ operation: ResourceOperation, _ context: APIRequestContext, withLocation: Bool) {
        self[.asyncOperation] = OperationURL.absolute(operation, .status, context)
        if withLocation { self[.location] = OperationURL.absolute(operation, .result, context) }
        let limit = operation.deadlineAt.timeIntervalSince(operation.createdAt)
        self[.asyncOperationTimeout] = ISODuration(milliseconds: Int(limit) * 1_000).description
        askAgainSoon()
    }

    mutating func askAgainSoon() {
        self[.retryAfter] = "1"
        self[.retryAfterMilliseconds] = "200"
        self[.microsoftRetryAfterMilliseconds] = "200"
    }

    /// The pace of template deployments, in milliseconds alone: clients that see both headers take the seconds.
    mutating func askAgainVerySoon() {
        self[.microsoftRetryAfterMilliseconds] = "100"
    }
}

extension Response {
    /// 202 with both URLs for a running operation; 204 where there was nothing to do.
    init(following operation: ResourceOperation?, _ context: APIRequestContext) {
        guard let operation else {
            self.init(status: .noContent)
            return
        }
        var headers = HTTPFields()
        headers.follow(operation, context, withLocation: true)
        self.init(status: .accepted, headers: headers)
    }

    /// 202 with the URL where a result will be, for what `Microsoft.Resources` accepts.
    init(awaiting id: String, in subscription: String, _ context: APIRequestContext) {
        let path = "/subscriptions/\(subscription.inAddress)/operationresults/\(id)"
        var headers: HTTPFields = [.location: "\(context.baseURL)\(path)?api-version=\(context.apiVersion)"]
        headers.askAgainVerySoon()
        self.init(status: .accepted, headers: headers)
    }
}

extension String {
    /// As part of an address: names of deployments may have letters of any alphabet.
    var inAddress: String { addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? self }
}
