import API
import Resources
import Testing

@Suite struct RequestPathTests {
    @Test(arguments: [
        ("/subscriptions/s", ["subscriptions", "s"]), ("/", []), ("//providers/P", ["providers", "P"]),
        ("/a//b///c", ["a", "b", "c"]),
        ("/a/", ["a"]), ("/a%20b/c%3Ad", ["a b", "c:d"]), ("/%C3%A4", ["ä"]), ("/a(b)%5Bc%5D", ["a(b)[c]"]),
    ]) func `a path is decoded once`(_ raw: String, _ segments: [String]) throws {
        #expect(try RequestPath(raw).segments == segments)
    }

    @Test(arguments: [
        "", "a", "*", "http://h/a", "/.", "/a/../b", "/a/./b", "/%2e%2e/a", "/%2E/a", "/a%2fb",
        "/a%2Fb", "/a%5Cb", "/a\\b", "/%73ubscriptions", "/%53", "/%7e", "/%2d", "/%5f", "/%31", "/a%00", "/a%0A",
        "/a%7F",
        "/%", "/%4", "/%zz", "/%ff", "/%C3", "/%E2%80%8B", "/%EF%BB%BF", "/\u{202E}a",
        "/" + String(repeating: "x", count: 8_192), String(repeating: "/a", count: 100),
    ]) func `a path that two readers could understand differently is refused`(_ raw: String) {
        #expect(throws: ARMError.self) { try RequestPath(raw) }
    }
}
