import Foundation
import Resources
import Testing

@testable import Compute

/// What a scoring script finds set, as on Azure.
extension LocalProcessBackendTests {
    private static let talkative = """
        import logging
        log = logging.getLogger("my.module")
        log.info("loaded")
        def init(): log.info("in init")
        def run(data):
            logging.info("root in run")
            log.debug("too much")
            logging.getLogger("azure.core.pipeline").info("GET https://a.example/")
            return "done"
        """

    @Test func `what a script logs as information is in the log`() async throws {
        try await withScript(Self.talkative) { backend, specification in
            try await withReplica(backend, specification) { handle in
                let response = try await score(handle, "{}")
                #expect(response.status == 200)
                let log = await backend.logs(of: handle.id, .inferenceServer, tail: 1000)
                for line in ["I [", "my.module - loaded", "my.module - in init", "root - root in run"] {
                    #expect(log.contains(line), "\(line)")
                }
                #expect(!log.contains("too much") && !log.contains("a.example"))
            }
        }
    }

    @Test func `a logging configuration of the code folder stands for itself`() async throws {
        let own = #"{"version": 1, "disable_existing_loggers": false, "root": {"level": "ERROR"}}"#
        try await withScript(Self.talkative, files: ["logging.json": own]) { backend, specification in
            try await withReplica(backend, specification) { handle in
                let response = try await score(handle, "{}")
                #expect(response.status == 200)
                let log = await backend.logs(of: handle.id, .inferenceServer, tail: 1000)
                #expect(!log.contains("my.module") && !log.contains("root in run"))
            }
        }
    }

    @Test func `what a script collects stays in its replica's folder`() async throws {
        // What azureml-ai-monitoring does in local mode, without what it needs.
        let script = """
            import json, logging, logging.config, os
            def init():
                global settings
                logging.config.dictConfig({
                    "version": 1, "disable_existing_loggers": False, "handlers": {"h": {"class": "logging.StreamHandler"}},
                    "loggers": {"local.capture": {"level": "INFO", "propagate": False, "handlers": ["h"]}}})
                settings = json.load(open(os.environ["AZUREML_MDC_CONFIG_PATH"]))
            def run(data):
                send = lambda text: logging.getLogger("local.capture").info(
                    "%s | %s | %s | %s", "2026-01-02 03:04:05", "model_inputs", "id-1", text)
                send('[{"a":1}]')
                send(b"bytes")
                send('"%s"' % ("secret" * 3_000_000))
                return settings
            """
        try await withScript(script) { backend, specification in
            var specification = specification
            specification.dataCollections = ["model_inputs": 0.07]
            try await withReplica(backend, specification) { handle in
                let response = try await score(handle, "{}")
                #expect(response.body.contains(#""runMode": "local""#), "\(response.body)")
                for field in [#""model_inputs": {"#, #""enabled": true"#, #""sampleRatePercentage": 7"#] {
                    #expect(response.body.contains(field), "\(response.body)")
                }
                let folder = ReplicaFolder(handle.id, in: backend.configuration)
                let lines = try folder.collected.appending(path: "data.jsonl").text.split(separator: "\n")
                let fields = #""time": "2026-01-02 03:04:05", "collection": "model_inputs", "correlationid": "id-1""#
                #expect(
                    lines == ["{\(fields), \"data\": [{\"a\":1}]}", "{\(fields), \"data\": \"b'bytes'\"}"])
                let log = await backend.logs(of: handle.id, .inferenceServer, tail: 1000)
                #expect(log.contains("collected data was dropped: 18000") && !log.contains("secret"), "too long")
                #expect(!log.contains("id-1"))
            }
        }
    }

    @Test(arguments: [false, true])
    func `Azure Monitor's exporter is loaded where it is used`(hasInsights: Bool) async throws {
        let variables = [
            "AML_APP_INSIGHTS_ENABLED": "\(hasInsights)",
            "AML_APP_INSIGHTS_KEY": "00000000-0000-0000-0000-000000000001",
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        ]
        let script = """
            import logging, sys
            exporter = "azure.monitor.opentelemetry.exporter"
            def init(): pass
            def run(data):
                loaded = exporter in sys.modules
                handlers = [type(h).__name__ for h in logging.getLogger("azmlinfsrv.trace").handlers]
                import azure.monitor.opentelemetry.exporter as own
                return [loaded, "LoggingHandler" in handlers, own.AzureMonitorLogExporter.__name__]
            """
        try await withScript(script, variables: variables) { backend, specification in
            try await withReplica(backend, specification) { handle in
                let response = try await score(handle, "{}")
                #expect(response.body == #"[\#(hasInsights), \#(hasInsights), "AzureMonitorLogExporter"]"#)
            }
        }
    }

    @Test func `packages that come with the code are found`() async throws {
        let files = ["lib/site-packages/shipped.py": "value = 7\n", "extra.txt": "six==1.16.0\n"]
        let variables = [
            "AZUREML_EXTRA_PYTHON_LIB_PATH": "lib/site-packages", "AZUREML_EXTRA_REQUIREMENTS_TXT": "extra.txt",
        ]
        let script = """
            import shipped, six
            def init(): pass
            def run(data): return [shipped.value, six.__version__]
            """
        try await withScript(script, variables: variables, files: files) { backend, specification in
            try await withReplica(backend, specification) { handle in
                let response = try await score(handle, "{}")
                #expect(response.body == #"[7, "1.16.0"]"#)
            }
        }
    }
}
