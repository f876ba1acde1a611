import Testing

@testable import Compute

@Suite struct StartFailureTests {
    @Test(
        arguments: [
            (.importError, .importError, "ModuleNotFoundError: No module named 'numppy'"),
            (.syntaxError, .importError, "SyntaxError: invalid syntax"),
            (
                .initFailed, .initFailed,
                "FileNotFoundError: [Errno 2] No such file or directory: '/replica/init-failed/models/1/nope.pkl'"
            ),
            (.initChained, .initFailed, "ValueError: no weights:"),
            (
                .noRun, .functionNotFound,
                "User script at /replica/no-run/code/score.py does not have a run() function defined."
            ),
            (.runArguments, .importError, "run() cannot accept positional-only arguments, *args, or **kwargs."),
        ] as [(ServerLog, StartFailure.Code, String)])
    func `a real log gives code and cause`(log: ServerLog, code: StartFailure.Code, summary: String) throws {
        let failure = try #require(StartFailure.explain(log: try log.read()))
        #expect(failure.code == code)
        #expect(failure.summary == summary)
        #expect(failure.traceback.hasPrefix("Traceback (most recent call last):\n  File"))
        #expect(failure.traceback.contains("azureml_inference_server_http.server.user_script."))
        #expect(!failure.traceback.contains("gunicorn.error"))
    }

    @Test func `the traceback holds the whole chain of causes`() throws {
        let failure = try #require(StartFailure.explain(log: try ServerLog.initChained.read()))
        #expect(failure.traceback.contains("KeyError: 'weights'"))
        #expect(failure.traceback.contains("second line"))
    }

    @Test func `the last failure of a log counts`() throws {
        let failure = StartFailure.explain(log: try ServerLog.noRun.read() + "\n" + ServerLog.importError.read())
        #expect(failure?.code == .importError)
        #expect(failure?.traceback.contains("no-run") == false)
    }

    @Test func `a failed request is not a failed start`() throws {
        let log = try ServerLog.initFailed.read().replacing("User's init function failed", with: "something else")
        #expect(StartFailure.explain(log: log) == nil)
    }

    @Test(arguments: ["", "all is well", "Traceback (most recent call last):\n  File \"x\"\nValueError: mine"])
    func `a log without a failed start explains nothing`(log: String) {
        #expect(StartFailure.explain(log: log) == nil)
    }
}
