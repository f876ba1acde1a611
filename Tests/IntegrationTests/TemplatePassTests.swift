import Compute
import ControlPlane
import Postgres
import Resources
import Synchronization
import TestSupport
import Testing

/// Deployments of templates that wait as rows, and leave workers to what they wait for.
@Suite struct TemplatePassTests {
    @Test func `one worker's place is enough for a template and all that it waits for`() async throws {
        var options = TestServerOptions.withoutRouters
        options.queue.concurrency = 1
        try await TestServer.run(options) { server in
            let end = try await server.deploy("twelve", TemplateSafetyTests.template)
            #expect(end["properties.provisioningState"] == "Succeeded", "\(end.text)")
        }
    }

    @Test func `a template waits as a row while its replicas start`() async throws {
        var options = TestServerOptions.withoutRouters
        options.behavior.readyAfter = .seconds(1)
        try await TestServer.run(options) { server in
            let path = server.templateDeployment("twelve")
            let body = TestBody.deployment(of: TemplateSafetyTests.template)
            #expect(try await server.api.put(path, body).status == 201)
            try await eventually("it waits as a row") {
                try await server.count(
                    """
                    SELECT count(*) FROM work_items w JOIN operations o ON o.id = w.operation_id
                    WHERE o.kind = 'deploy_template' AND w.owner IS NULL AND w.attempt > 0 AND EXISTS (
                        SELECT 1 FROM operation_waits a WHERE a.waiter_id = o.id)
                    """) == 1
            }
            try await server.untilEnded(path)
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Succeeded")
            #expect(try await server.count("SELECT count(*) FROM operation_waits") == 0)
        }
    }

    /// A server of the version before wrote no operation and no nested row into its steps.
    @Test(arguments: [5, 12, 20, 27, 31]) func `what the version before has begun is ended`(_ number: Int) async throws
    {
        try await TemplateSafetyTests.runUntil(TemplateSafetyTests.Moment(number)) { server, moment, path in
            moment.end()
            try await server.restart { database in
                try await database.query(
                    """
                    UPDATE template_deployment_steps SET awaited_operation_id = NULL, was_made = NULL, nested_id = NULL
                    """)
                try await database.query("DELETE FROM operation_waits")
            }
            try await server.untilEnded(path)
            let end = try await server.api.get(path)
            #expect(end["properties.provisioningState"] == "Succeeded", "\(end.text)")
            #expect(end["properties.outputs.inner.value"] == "house-d")
        }
    }

    @Test func `a group's members go at once, those below others first`() async throws {
        var options = TestServerOptions.withoutRouters
        options.queue.concurrency = 1
        try await TestServer.run(options) { server in
            let end = try await server.deploy("twelve", TemplateSafetyTests.template)
            #expect(end["properties.provisioningState"] == "Succeeded", "\(end.text)")
            #expect(try await server.api.delete(server.group).status == 202)
            try await eventually("the group is gone") { try await server.api.get(server.group).status == 404 }
            #expect(try await server.count("SELECT count(*) FROM online_endpoints") == 0)
            #expect(try await server.count("SELECT count(*) FROM work_items") == 0)
            #expect(try await server.count("SELECT count(*) FROM operation_waits") == 0)
        }
    }

    /// Statements of a pass, by their beginnings.
    private static let statements = [
        "WITH awaited AS", "INSERT INTO template_deployment_steps", "DELETE FROM operation_waits",
        "SELECT pg_advisory_xact_lock(7350925", "UPDATE work_items w SET owner = NULL",
        "UPDATE template_deployments SET",
    ]

    @Test(arguments: statements) func `whatever statement goes wrong, a template ends`(_ statement: String) async throws
    {
        let faults = ChosenFaults()
        var options = TestServerOptions.withoutRouters
        options.faults = faults.source
        try await TestServer.run(options) { server in
            for (number, fault) in everyFault.enumerated() {
                faults.set(fault, on: statement, count: 2)
                let end = try await server.deploy(
                    "twelve", TemplateSafetyTests.template,
                    parameters: #"{"description": {"value": "\#(number)"}}"#)
                #expect(end["properties.provisioningState"] == "Succeeded", "\(fault): \(end.text)")
            }
            try await eventually("nothing is open") {
                try await server.count("SELECT count(*) FROM operations WHERE finished_at IS NULL") == 0
            }
        }
    }
}
