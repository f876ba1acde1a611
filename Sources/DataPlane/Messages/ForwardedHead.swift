/// The head of a request as the replica gets it.
enum ForwardedHead {
    /// Most bytes by which it can be longer than the client's: scoring path, request id, address, framing.
    static let growth = 2048

    /// Appends the replica's form of the head in `bytes`.
    ///
    /// Left out: fields between neighbours, the credential, which is the router's to check, and `Expect`, which the
    /// router answers itself. `Host` goes through.
    static func write(
        _ head: borrowing RequestHead, _ bytes: Bytes, to queue: inout ByteQueue,
        target: RequestTarget,
        scoringPath: [UInt8], request: RequestFacts, peer: ShortText<46>
    ) {
        // Method and blank.
        queue.append(bytes.run(ByteRun(start: 0, count: head.method.count + 1)))
        if target.isScoring { queue.append(scoringPath) }
        let rest = bytes.run(head.target).run(target.rest)
        if !target.isScoring, rest.isEmpty || rest.at(0) != UInt8(ascii: "/") { queue.append(UInt8(ascii: "/")) }
        // What follows in a line of 1.1 goes out as it stands, in one piece with the first fields.
        let restStart = head.target.start + target.rest.start
        var lineEnd = ByteRun(start: restStart, count: head.lineEnd - restStart)
        if head.minorVersion != 1 {
            queue.append(rest)
            queue.append(" HTTP/1.1\r\n")
            lineEnd = .none
        }
        FieldCopy.write(head.headers, bytes, after: lineEnd, to: &queue) { name in
            switch name {
            case .host: target.authority == nil
            case .other, .deployment, .modelError, .traceParent, .origin, .preflightMethod, .crossOrigin: true
            default: false
            }
        }
        if let authority = target.authority {
            queue.append("host: ")
            queue.append(bytes.run(head.target).run(authority))
            queue.append("\r\n")
        } else if !head.headers.has(.host) {
            queue.append("host: localhost\r\n")
        }
        writeForwardedFor(head, bytes, to: &queue, peer: peer)
        queue.append("\r\nx-request-id: ")
        request.id.write(to: &queue)
        if !head.headers.has(.traceParent) {
            queue.append("\r\ntraceparent: ")
            request.id.writeTraceParent(to: &queue)
        }
        if request.wantsWebSocket { queue.append("\r\nconnection: Upgrade\r\nupgrade: websocket") }
        if request.clientID.count > 0 {
            queue.append("\r\nx-ms-client-request-id: ")
            request.clientID.write(to: &queue)
        }
        if head.headers.isChunked {
            queue.append("\r\ntransfer-encoding: chunked")
        } else if let length = head.headers.contentLength {
            queue.append("\r\ncontent-length: ")
            queue.append(decimal: length)
        }
        queue.append("\r\n\r\n")
    }

    private static func writeForwardedFor(
        _ head: borrowing RequestHead, _ bytes: Bytes, to queue: inout ByteQueue,
        peer: ShortText<46>
    ) {
        queue.append("x-forwarded-for: ")
        if head.headers.has(.forwardedFor) {
            for field in head.headers.fields where field.name == .forwardedFor && field.value.count > 0 {
                queue.append(bytes.run(field.value))
                queue.append(", ")
            }
        }
        peer.write(to: &queue)
    }

    /// The caller's own request id: letters, digits, `-` and `_`, of which the first 40 are kept; empty if it has any other character.
    static func clientID(_ value: Bytes) -> ShortText<40> {
        var text = ShortText<40>()
        for byte in value {
            let isAllowed = ByteClass.isDigit(byte) || (byte | 0x20) &- 0x61 < 26 || byte == 0x2D || byte == 0x5F
            guard isAllowed else { return ShortText<40>() }
            text.append(byte)
        }
        return text
    }
}
