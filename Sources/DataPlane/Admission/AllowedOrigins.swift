/// Which pages may ask an endpoint from a browser, and what they are told; the CORS protocol of the Fetch standard.
struct AllowedOrigins: Sendable {
    /// As `access-control-allow-origin` tells them.
    private let origins: [[UInt8]]
    private let isAny: Bool

    init(_ origins: [String]) {
        self.origins = origins.map { Array($0.utf8) }
        isAny = origins == ["*"]
    }

    /// What to tell a page of `origin`; `nil` if it may not ask.
    func told(_ origin: Bytes) -> [UInt8]? {
        if isAny { return origins.first }
        return origins.first { origin.elementsEqual($0) }
    }

    /// Appends what every response to an allowed page carries.
    static func write(_ origin: [UInt8], to queue: inout ByteQueue) {
        queue.append("access-control-allow-origin: ")
        queue.append(origin)
        queue.append(
            """
            \r
            vary: origin\r
            access-control-expose-headers: x-request-id, x-ms-client-request-id, azureml-model-deployment, \
            ms-azureml-model-error-statuscode, ms-azureml-model-error-reason, retry-after, x-sluice-cause\r

            """)
    }

    /// Appends the response to the question whether a page may ask.
    static func writePreflight(to queue: inout ByteQueue, request: RequestFacts, origin: [UInt8]?, closes: Bool) {
        queue.append(
            """
            HTTP/1.1 204 No Content\r
            access-control-allow-methods: GET, POST, PUT, PATCH, DELETE\r
            access-control-allow-headers: authorization, content-type, accept, azureml-model-deployment, \
            x-ms-client-request-id, x-request-id, traceparent, tracestate\r
            access-control-max-age: 600\r

            """)
        AnswerHead.writeCommon(to: &queue, request: request, origin: origin, deployment: nil, closes: closes)
        queue.append("\r\n")
    }
}
