import CNGHTTP2

/// What a ``FrameSession`` tells while it reads or writes; of the session only ``FrameSession/reset(_:_:)`` and
/// ``FrameSession/consumed(_:on:)`` may be called from it.
protocol FrameListener: AnyObject {
    /// A client has begun a stream.
    func streamBegan(_ stream: Int32)
    /// A field of a header section; false refuses the stream.
    func fieldArrived(_ stream: Int32, name: Bytes, value: Bytes) -> Bool
    /// - Parameter isLast: nothing follows on the stream.
    func sectionEnded(_ stream: Int32, isLast: Bool)
    func bodyArrived(_ stream: Int32, _ bytes: Bytes)
    func bodyEnded(_ stream: Int32)
    /// Both sides are done with the stream, or one has given it up, which a `code` other than 0 says.
    func streamClosed(_ stream: Int32, code: UInt32)
    /// The session wants body to send.
    func bodyLeaves(_ stream: Int32, into space: Space) -> LeavingBody
    /// The peer takes no further streams.
    func peerGoesAway()
}

/// Body that a session was given to send.
struct LeavingBody {
    var count: Int
    /// Nothing follows but the trailers.
    var isEnd: Bool
    var trailers = FieldList()
}

/// The frames of one HTTP/2 connection, RFC 9113: bytes in, what they mean to the listener, bytes out.
///
/// All of the protocol is nghttp2's; this is the only place that calls it. Windows of streams open again as their bytes
/// are ``consumed(_:on:)``, the connection's own at once, so no stream waits for another one's reader.
final class FrameSession {
    enum Role {
        case server
        case client
    }

    /// Why a stream, or the connection, ends; RFC 9113 section 7.
    enum Code {
        case noError
        case internalError
        case refused
        case enhanceYourCalm

        var number: UInt32 {
            switch self {
            case .noError: NGHTTP2_NO_ERROR.rawValue
            case .internalError: NGHTTP2_INTERNAL_ERROR.rawValue
            case .refused: NGHTTP2_REFUSED_STREAM.rawValue
            case .enhanceYourCalm: NGHTTP2_ENHANCE_YOUR_CALM.rawValue
            }
        }
    }

    /// Streams that a client may have open at once.
    static let streamLimit: UInt32 = 100
    /// Bytes that a peer may send on all streams together before the connection's window opens again.
    private static let connectionWindow: Int32 = 1 << 20
    private static let trailerFlags =
        NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue

    private var session: OpaquePointer?
    private unowned let listener: any FrameListener
    /// Bytes of the last piece that nghttp2 gave out; valid until it is asked for the next.
    private var unsent = Bytes(start: nil, count: 0)

    /// `nil` if there is no memory for it.
    init?(_ role: Role, listener: any FrameListener, headLimit: Int) {
        self.listener = listener
        var callbacks: OpaquePointer?
        var option: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0, nghttp2_option_new(&option) == 0 else { return nil }
        defer {
            nghttp2_session_callbacks_del(callbacks)
            nghttp2_option_del(option)
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, headersBegan)
        nghttp2_session_callbacks_set_on_header_callback(callbacks, headerArrived)
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, invalidHeaderArrived)
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameArrived)
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataArrived)
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
        nghttp2_option_set_no_auto_window_update(option, 1)
        let context = Unmanaged.passUnretained(self).toOpaque()
        let result =
            role == .server
            ? nghttp2_session_server_new2(&session, callbacks, context, option)
            : nghttp2_session_client_new2(&session, callbacks, context, option)
        guard result == 0 else { return nil }
        var settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue), value: UInt32(headLimit))
        ]
        if role == .server {
            settings.append(
                nghttp2_settings_entry(
                    settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: Self.streamLimit))
        } else {
            settings.append(
                nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
        }
        guard nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count) == 0,
            nghttp2_session_set_local_window_size(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Self.connectionWindow) == 0
        else { return nil }
    }

    deinit { nghttp2_session_del(session) }

    /// Takes bytes of the peer; false if the connection cannot go on, of which the frames to send tell the peer.
    func receive(_ bytes: Bytes) -> Bool {
        nghttp2_session_mem_recv(session, bytes.baseAddress, bytes.count) == bytes.count
    }

    /// Whether everything is said and heard.
    var isOver: Bool {
        unsent.isEmpty && nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }

    /// Appends frames to `queue` as far as there are any and they fit; false if there can be no more.
    func write(to queue: inout ByteQueue) -> Bool {
        while queue.room > 0 {
            if unsent.isEmpty {
                var start: UnsafePointer<UInt8>?
                let count = nghttp2_session_mem_send(session, &start)
                guard count > 0 else { return count == 0 }
                unsent = Bytes(start: start, count: count)
            }
            let count = min(unsent.count, queue.room)
            queue.append(unsent.run(ByteRun(start: 0, count: count)))
            unsent = unsent.run(ByteRun(start: count, count: unsent.count - count))
        }
        return true
    }

    // MARK: Streams

    /// Begins a stream with a request; `nil` if the peer takes no more.
    func submitRequest(_ fields: FieldList, hasBody: Bool) -> Int32? {
        let stream = Self.withPairs(fields) { pairs in
            Self.withProvider(hasBody) { provider in
                nghttp2_submit_request(session, nil, pairs.baseAddress, pairs.count, provider, nil)
            }
        }
        return stream > 0 ? stream : nil
    }

    func submitAnswer(_ stream: Int32, _ fields: FieldList, hasBody: Bool) -> Bool {
        Self.withPairs(fields) { pairs in
            Self.withProvider(hasBody) { provider in
                nghttp2_submit_response(session, stream, pairs.baseAddress, pairs.count, provider)
            }
        } == 0
    }

    /// An interim answer, such as `100 Continue`.
    func submitInterim(_ stream: Int32, _ fields: FieldList) -> Bool {
        Self.withPairs(fields) { pairs in
            nghttp2_submit_headers(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, nil, pairs.baseAddress, pairs.count, nil)
        } == 0
    }

    /// There is body to send again, or its end.
    func resume(_ stream: Int32) { nghttp2_session_resume_data(session, stream) }

    /// Bytes of a stream's body were read: the peer may send as many more.
    func consumed(_ count: Int, on stream: Int32) { nghttp2_session_consume_stream(session, stream, count) }

    /// Gives a stream up.
    func reset(_ stream: Int32, _ code: Code) {
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.number)
    }

    /// Tells a client that this connection will end, and to begin no further streams.
    func announceEnd() { nghttp2_submit_shutdown_notice(session) }

    /// Tells the peer which stream was the last that was looked at; later ones are ignored.
    func goAway(_ code: Code = .noError) {
        nghttp2_submit_goaway(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session),
            code.number, nil, 0)
    }

    /// Calls `body` with what tells nghttp2 where a body comes from; `nil` where there is none.
    private static func withProvider<Result>(
        _ hasBody: Bool, _ body: (UnsafePointer<nghttp2_data_provider>?) -> Result
    ) -> Result {
        guard hasBody else { return body(nil) }
        return withUnsafePointer(
            to: nghttp2_data_provider(source: nghttp2_data_source(), read_callback: bodyLeaves), body)
    }

    /// Calls `body` with the fields as nghttp2 has them; it copies what it keeps.
    fileprivate static func withPairs<Result>(
        _ fields: FieldList, _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result
    ) -> Result {
        var bytes = fields.bytes
        return bytes.withUnsafeMutableBufferPointer { bytes in
            var pairs: [nghttp2_nv] = []
            pairs.reserveCapacity(fields.sizes.count)
            var offset = 0
            for size in fields.sizes {
                precondition(offset + size.name + size.value <= bytes.count)
                let name = bytes.baseAddress.map { $0 + offset }
                let value = bytes.baseAddress.map { $0 + offset + size.name }
                pairs.append(
                    nghttp2_nv(
                        name: name, value: value, namelen: size.name, valuelen: size.value,
                        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
                offset += size.name + size.value
            }
            return pairs.withUnsafeBufferPointer(body)
        }
    }

    // MARK: What nghttp2 calls

    fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> FrameSession? {
        context.map { Unmanaged<FrameSession>.fromOpaque($0).takeUnretainedValue() }
    }

    fileprivate func began(_ frame: nghttp2_frame) {
        guard frame.headers.cat == NGHTTP2_HCAT_REQUEST else { return }
        listener.streamBegan(frame.hd.stream_id)
    }

    fileprivate func arrived(_ frame: nghttp2_frame, _ name: Bytes, _ value: Bytes) -> Bool {
        listener.fieldArrived(frame.hd.stream_id, name: name, value: value)
    }

    fileprivate func arrived(_ frame: nghttp2_frame) {
        let isLast = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch UInt32(frame.hd.type) {
        case NGHTTP2_HEADERS.rawValue: listener.sectionEnded(frame.hd.stream_id, isLast: isLast)
        case NGHTTP2_DATA.rawValue: if isLast { listener.bodyEnded(frame.hd.stream_id) }
        case NGHTTP2_GOAWAY.rawValue: listener.peerGoesAway()
        default: break
        }
    }

    fileprivate func arrived(_ stream: Int32, _ body: Bytes) {
        nghttp2_session_consume_connection(session, body.count)
        listener.bodyArrived(stream, body)
    }

    fileprivate func closed(_ stream: Int32, _ code: UInt32) { listener.streamClosed(stream, code: code) }

    fileprivate func leaves(_ stream: Int32, _ space: Space, _ flags: inout UInt32) -> Int {
        let leaving = listener.bodyLeaves(stream, into: space)
        guard leaving.isEnd else {
            return leaving.count > 0 ? leaving.count : Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        flags = NGHTTP2_DATA_FLAG_EOF.rawValue
        if !leaving.trailers.isEmpty {
            let result = Self.withPairs(leaving.trailers) { pairs in
                nghttp2_submit_trailer(session, stream, pairs.baseAddress, pairs.count)
            }
            if result == 0 { flags = Self.trailerFlags }
        }
        return leaving.count
    }
}

// Functions that C can call: each finds its session in the context and hands on.

private typealias Context = UnsafeMutableRawPointer

private let headersBegan: @convention(c) (OpaquePointer?, UnsafePointer<nghttp2_frame>?, Context?) -> Int32 = {
    _, frame, context in
    if let frame { FrameSession.of(context)?.began(frame.pointee) }
    return 0
}

private let headerArrived:
    @convention(c) (
        OpaquePointer?, UnsafePointer<nghttp2_frame>?, UnsafePointer<UInt8>?, Int, UnsafePointer<UInt8>?, Int, UInt8,
        Context?
    ) -> Int32 = { _, frame, name, nameCount, value, valueCount, _, context in
        guard let frame, let session = FrameSession.of(context) else { return 0 }
        let isWanted = session.arrived(
            frame.pointee, Bytes(start: name, count: nameCount), Bytes(start: value, count: valueCount))
        return isWanted ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }

/// By default nghttp2 leaves such a field out; a message that says something else than what was sent is worse than none.
private let invalidHeaderArrived:
    @convention(c) (
        OpaquePointer?, UnsafePointer<nghttp2_frame>?, UnsafePointer<UInt8>?, Int, UnsafePointer<UInt8>?, Int, UInt8,
        Context?
    ) -> Int32 = { _, _, _, _, _, _, _, _ in NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }

private let frameArrived: @convention(c) (OpaquePointer?, UnsafePointer<nghttp2_frame>?, Context?) -> Int32 = {
    _, frame, context in
    if let frame { FrameSession.of(context)?.arrived(frame.pointee) }
    return 0
}

private let dataArrived: @convention(c) (OpaquePointer?, UInt8, Int32, UnsafePointer<UInt8>?, Int, Context?) -> Int32 =
    {
        _, _, stream, bytes, count, context in
        FrameSession.of(context)?.arrived(stream, Bytes(start: bytes, count: count))
        return 0
    }

private let streamClosed: @convention(c) (OpaquePointer?, Int32, UInt32, Context?) -> Int32 = {
    _, stream, code, context in
    FrameSession.of(context)?.closed(stream, code)
    return 0
}

private let bodyLeaves:
    @convention(c) (
        OpaquePointer?, Int32, UnsafeMutablePointer<UInt8>?, Int, UnsafeMutablePointer<UInt32>?,
        UnsafeMutablePointer<nghttp2_data_source>?, Context?
    ) -> Int = { _, stream, space, room, flags, _, context in
        guard let session = FrameSession.of(context), let flags else {
            return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
        }
        return session.leaves(stream, Space(start: space, count: room), &flags.pointee)
    }
