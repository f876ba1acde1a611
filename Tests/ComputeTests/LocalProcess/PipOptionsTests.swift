import Testing

@testable import Compute

@Suite struct PipOptionsTests {
    @Test func `the best version over all indexes is taken`() {
        let options = PipOptions(["--extra-index-url https://a.example/simple", "six"])
        #expect(options.arguments == ["--index-strategy", "unsafe-best-match"])
        #expect(options.lines == ["--extra-index-url https://a.example/simple", "six"])
        #expect(options.options == ["--extra-index-url https://a.example/simple"])
    }

    @Test(arguments: [
        ("--pre", ["--prerelease", "allow"]),
        ("--trusted-host a.example:8080", ["--allow-insecure-host", "a.example:8080"]),
        ("--trusted-host=a.example", ["--allow-insecure-host", "a.example"]), ("--prefer-binary", []),
    ])
    func `what uv ignores in a file becomes an argument`(line: String, arguments: [String]) {
        let options = PipOptions([line, "six"])
        #expect(options.arguments.dropFirst(2) == arguments[...] && options.lines == ["six"])
    }

    @Test(arguments: [
        ("--extra-index-url=https://me:secret@a.example/simple?sig=secret", "https://a.example/simple"),
        ("--extra-index-url   http://127.0.0.1:9/simple/", "http://127.0.0.1:9/simple/"),
        ("-f https://a.example/wheels.html#x", "https://a.example/wheels.html"),
        ("--find-links https://me@b@a.example", "https://a.example"),
    ])
    func `places beside the index are known, and shown without secrets`(line: String, shown: String) {
        let options = PipOptions(["-i https://pypi.example/simple", line, "six"])
        #expect(options.places.map(\.shown) == [shown])
        let rest = options.without(options.places)
        #expect(rest.lines == ["-i https://pypi.example/simple", "six"] && rest.places.isEmpty)
    }

    @Test func `folders of packages are no places to ask`() {
        #expect(PipOptions(["--find-links /wheels", "--no-index"]).places.isEmpty)
    }
}
