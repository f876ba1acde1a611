extension AllowedOrigins {
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
