/// Failures that are no response of a gRPC server, told as one: gRPC clients show their users little of an HTTP status.
enum GRPCStatus {
    /// Whether the response is gRPC's own.
    static func isAnswer(_ answer: borrowing ResponseHead, _ bytes: Bytes) -> Bool {
        answer.headers.fields.contains { field in
            bytes.run(field.spelling).matches("content-type") && isType(bytes.run(field.value))
        }
    }

    /// Whether a `Content-Type` is gRPC's, of whatever encoding.
    static func isType(_ value: Bytes) -> Bool {
        value.count >= 16 && value.run(ByteRun(start: 0, count: 16)).matches("application/grpc")
    }

    /// A response without a body that tells the failure: gRPC's "Trailers-Only".
    static func fields(for answer: borrowing ResponseHead, _ bytes: Bytes) -> FieldList {
        var fields = FieldList()
        fields.append(":status", "200")
        fields.append("content-type", "application/grpc")
        fields.append("grpc-status", number: code(of: answer.status))
        let cause = answer.headers.fields.first { field in
            bytes.run(field.spelling).matches("x-sluice-cause")
        }
        let reason = cause.map { bytes.run($0.value) } ?? bytes.run(answer.reason)
        fields.append("grpc-message", reason)
        fields.append("x-sluice-status", number: answer.status)
        for field in answer.headers.fields {
            switch field.name {
            case .requestID, .clientRequestID, .deployment, .modelError:
                fields.append(
                    bytes.run(field.spelling), bytes.run(field.value))
            default: continue
            }
        }
        return fields
    }

    /// The code that a status stands for: as gRPC's "HTTP to gRPC Status Code Mapping" has it, and for the statuses that
    /// it does not name, its own meaning.
    private static func code(of status: Int) -> Int {
        switch status {
        case 400: 13
        case 401: 16
        case 403: 7
        case 404: 12
        case 408, 504: 4
        case 413, 429, 431: 8
        case 502, 503: 14
        default: 2
        }
    }
}
