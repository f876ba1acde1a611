import Testing

@testable import DataPlane

@Suite struct ResponseHeadTests {
    @Test func `status, reason and framing are read`() {
        let message = "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\n"
        let scanned = scanResponse(message)
        #expect(scanned.outcome == .complete(length: message.utf8.count))
        let (status, reason) = (scanned.head.status, scanned.head.reason)
        #expect(status == 404)
        #expect(withBytes(message) { text($0.run(reason)) } == "Not Found")
        let framings = [false, true].map { scanned.head.bodyFraming(answeringHEAD: $0) }
        #expect(framings == [.length(7), .none])
    }

    @Test(arguments: [
        ("HTTP/1.1 204 No Content\r\n\r\n", BodyFraming.none),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", .none),
        ("HTTP/1.1 200 OK\r\n\r\n", .untilClose),
        ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", .chunked),
        ("HTTP/1.0 200 OK\r\n\r\n", .untilClose),
    ])
    func `the end of the body follows from the head`(message: String, framing: BodyFraming) {
        let found = scanResponse(message).head.bodyFraming(answeringHEAD: false)
        #expect(found == framing)
    }

    @Test(arguments: [
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 200 O\u{0}K\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: 1\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func `an answer that breaks the rules is refused`(message: String) {
        #expect(scanResponse(message).outcome == .refused(.malformed))
    }
}
