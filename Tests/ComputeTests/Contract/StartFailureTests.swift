import Testing

@testable import Compute

@Suite struct StartFailureTests {
    /// Named, for a log makes a poor name of a test case.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var log: String
        var code: StartFailure.Code
        var summary: String
    }

    @Test(arguments: [
        Case(
            testDescription: "import error", log: ServerLogs.importError, code: .importError,
            summary: "ModuleNotFoundError: No module named 'numppy'"),
        Case(
            testDescription: "syntax error", log: ServerLogs.syntaxError, code: .importError,
            summary: "SyntaxError: invalid syntax"),
        Case(
            testDescription: "init failed", log: ServerLogs.initFailed, code: .initFailed,
            summary: "FileNotFoundError: [Errno 2] No such file or directory: '/replica/init-failed/models/1/nope.pkl'"),
        Case(
            testDescription: "chain of causes", log: ServerLogs.initChained, code: .initFailed,
            summary: "ValueError: no weights:"),
        Case(
            testDescription: "no run()", log: ServerLogs.noRun, code: .functionNotFound,
            summary: "User script at /replica/no-run/code/score.py does not have a run() function defined."),
        Case(
            testDescription: "parameters of run()", log: ServerLogs.runArguments, code: .importError,
            summary: "run() cannot accept positional-only arguments, *args, or **kwargs."),
    ])
    func `a real log gives code and cause`(example: Case) throws {
        let failure = try #require(StartFailure.explain(log: example.log))
        #expect(failure.code == example.code)
        #expect(failure.summary == example.summary)
        #expect(failure.traceback.hasPrefix("Traceback (most recent call last):\n  File"))
        #expect(failure.traceback.contains("azureml_inference_server_http.server.user_script."))
        #expect(!failure.traceback.contains("gunicorn.error"))
    }

    @Test func `the traceback holds the whole chain of causes`() throws {
        let failure = try #require(StartFailure.explain(log: ServerLogs.initChained))
        #expect(failure.traceback.contains("KeyError: 'weights'"))
        #expect(failure.traceback.contains("second line"))
    }

    @Test func `the last failure of a log counts`() {
        let failure = StartFailure.explain(log: ServerLogs.noRun + "\n" + ServerLogs.importError)
        #expect(failure?.code == .importError)
        #expect(failure?.traceback.contains("no-run") == false)
    }

    @Test func `a failed request is not a failed start`() {
        let log = ServerLogs.initFailed.replacing("User's init function failed", with: "something else")
        #expect(StartFailure.explain(log: log) == nil)
    }

    @Test(arguments: ["", "all is well", "Traceback (most recent call last):\n  File \"x\"\nValueError: mine"])
    func `a log without a failed start explains nothing`(log: String) {
        #expect(StartFailure.explain(log: log) == nil)
    }
}
