import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// One report to another host's coordinator, over a connection of its own.
enum LeaseLink {
    private static let answerTimeout = Duration.milliseconds(500)
    private static let answerLimit = 16 << 20

    private typealias Link = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// - Throws: ``LeaseRefusal``, or what the network failed with.
    static func post(_ body: Data, toHost host: String, port: UInt16, token: String) async throws -> Data {
        try await withThrowingTaskGroup(of: Data.self) { group in
            group.addTask { try await exchange(body, host, port, token) }
            group.addTask {
                try await Task.sleep(for: answerTimeout)
                throw LeaseRefusal(description: "the coordinator did not answer in time")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private static func exchange(_ body: Data, _ host: String, _ port: UInt16, _ token: String) async throws -> Data {
        let link = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.milliseconds(500))
            .connect(host: host, port: Int(port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Link(wrappingChannelSynchronously: channel)
                }
            }
        return try await link.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/leases")
            head.headers.add(name: "host", value: "\(host):\(port)")
            head.headers.add(name: "authorization", value: "Bearer \(token)")
            head.headers.add(name: "content-length", value: "\(body.count)")
            head.headers.add(name: "connection", value: "close")
            try await outbound.write(.head(head))
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
            try await outbound.write(.end(nil))
            return try await answer(inbound)
        }
    }

    private static func answer(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws -> Data {
        var answer = Data()
        for try await part in parts {
            switch part {
            case .head(let head):
                guard head.status == .ok else {
                    throw LeaseRefusal(description: "the coordinator refused the report with \(head.status.code)")
                }
            case .body(let piece):
                answer.append(contentsOf: piece.readableBytesView)
                guard answer.count <= answerLimit else {
                    throw LeaseRefusal(description: "the coordinator's answer is too long")
                }
            case .end: return answer
            }
        }
        throw LeaseRefusal(description: "the coordinator's answer broke off")
    }
}

/// A coordinator did not take a report.
struct LeaseRefusal: Error, CustomStringConvertible {
    let description: String
}
