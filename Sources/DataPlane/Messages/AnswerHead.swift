import Routing

/// The head of a response as the client gets it.
enum AnswerHead {
    /// What becomes of a model's status.
    struct Mapping: Equatable {
        var status: Int
        /// The model's own status is told in headers beside it.
        var isModelError: Bool
    }

    /// A model's failure is told apart from the router's: managed endpoints answer 424 for everything but success,
    /// Kubernetes endpoints 502 for a server error. On other paths than scoring, a response below 500 is the model
    /// server's own business and passes.
    static func mapping(status: Int, kind: EndpointKind, isScoring: Bool) -> Mapping {
        let isFailure = status >= 500 || (isScoring && kind == .managed && !(200..<300).contains(status))
        guard isFailure else { return Mapping(status: status, isModelError: false) }
        return Mapping(status: kind == .managed ? 424 : 502, isModelError: true)
    }

    /// Appends the client's form of the head in `bytes`.
    ///
    /// - Parameter framing: how the body ends that the replica sends.
    /// - Parameter origin: what the page that asks is told of its origin.
    /// - Parameter closes: the connection to the client ends with this response.
    static func write(
        _ head: borrowing ResponseHead, _ bytes: Bytes, to queue: inout ByteQueue,
        mapping: Mapping,
        framing: BodyFraming, request: RequestFacts, origin: [UInt8]? = nil, deployment: [UInt8], closes: Bool
    ) {
        // A status line of 1.1 goes out as it stands, in one piece with the first fields.
        var line = ByteRun(start: 0, count: head.lineEnd)
        if mapping.isModelError || head.minorVersion != 1 || !head.hasReason {
            writeStatus(head, bytes, to: &queue, mapping: mapping)
            line = .none
        }
        FieldCopy.write(head.headers, bytes, after: line, to: &queue) { name in
            switch name {
            case .connection, .hopByHop, .upgrade, .contentLength, .transferEncoding, .requestID, .deployment: false
            case .modelError: !mapping.isModelError
            case .crossOrigin: origin == nil
            case .clientRequestID: request.clientID.count == 0
            default: true
            }
        }
        switch framing {
        case .length(let length):
            queue.append("content-length: ")
            queue.append(decimal: length)
            queue.append("\r\n")
        case .none where mapping.isModelError && !request.isHEAD:
            // The model's 304 has no body, and the response that it becomes may not announce one.
            queue.append("content-length: 0\r\n")
        case .none:
            // What HEAD would have got, or what 304 stands for; a 1xx or 204 has no length.
            if let length = head.headers.contentLength, head.status != 204, !head.headers.isChunked {
                queue.append("content-length: ")
                queue.append(decimal: length)
                queue.append("\r\n")
            }
        case .chunked, .untilClose:
            if request.isAnswerChunked { queue.append("transfer-encoding: chunked\r\n") }
        }
        writeCommon(to: &queue, request: request, origin: origin, deployment: deployment, closes: closes)
        queue.append("\r\n")
    }

    /// Appends the head that turns the connection into a WebSocket.
    static func writeUpgrade(
        _ head: borrowing ResponseHead, _ bytes: Bytes, to queue: inout ByteQueue,
        request: RequestFacts,
        origin: [UInt8]?, deployment: [UInt8]
    ) {
        queue.append("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n")
        FieldCopy.write(head.headers, bytes, after: .none, to: &queue) { $0 == .other || $0 == .crossOrigin }
        writeCommon(to: &queue, request: request, origin: origin, deployment: deployment, closes: false)
        queue.append("\r\n")
    }

    private static func writeStatus(
        _ head: borrowing ResponseHead, _ bytes: Bytes, to queue: inout ByteQueue, mapping: Mapping
    ) {
        guard mapping.isModelError else {
            queue.append("HTTP/1.1 ")
            queue.append(decimal: UInt64(head.status))
            queue.append(UInt8(ascii: " "))
            queue.append(bytes.run(head.reason))
            return queue.append("\r\n")
        }
        queue.append(mapping.status == 424 ? "HTTP/1.1 424 Failed Dependency\r\n" : "HTTP/1.1 502 Bad Gateway\r\n")
        queue.append("ms-azureml-model-error-statuscode: ")
        queue.append(decimal: UInt64(head.status))
        queue.append("\r\nms-azureml-model-error-reason: ")
        queue.append(bytes.run(head.reason))
        queue.append("\r\n")
    }

    /// Appends what every response carries.
    static func writeCommon(
        to queue: inout ByteQueue, request: RequestFacts, origin: [UInt8]?, deployment: [UInt8]?, closes: Bool
    ) {
        queue.append("x-request-id: ")
        request.id.write(to: &queue)
        if request.clientID.count > 0 {
            queue.append("\r\nx-ms-client-request-id: ")
            request.clientID.write(to: &queue)
        }
        if let deployment {
            queue.append("\r\nazureml-model-deployment: ")
            queue.append(deployment)
        }
        queue.append("\r\n")
        if let origin { AllowedOrigins.write(origin, to: &queue) }
        if closes {
            queue.append("connection: close\r\n")
        } else if request.isOldClient {
            queue.append("connection: keep-alive\r\n")
        }
    }
}

/// Copies the header fields that go through.
enum FieldCopy {
    /// Appends `start` and every field that `isKept` and that `Connection` does not name; neighbours are copied in one
    /// piece.
    @inline(__always)
    static func write(
        _ headers: borrowing HeaderFields, _ bytes: Bytes, after start: ByteRun,
        to queue: inout ByteQueue, isKept: (FieldName) -> Bool
    ) {
        var piece = start
        let fields = headers.fields
        for index in fields.indices {
            guard isKept(fields[index].name), !headers.connectionNames(index, in: bytes) else { continue }
            let line = fields[index].line
            if piece.end == line.start {
                piece.count += line.count
            } else {
                queue.append(bytes.run(piece))
                piece = line
            }
        }
        queue.append(bytes.run(piece))
    }
}
