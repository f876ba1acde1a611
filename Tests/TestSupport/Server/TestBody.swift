/// Request bodies as clients write them.
package enum TestBody {
    package static func endpoint(
        traffic: [String: Int] = [:], mode: String = "Key", tags: [String: String] = [:], more: String = ""
    ) -> String {
        """
        {"location": "\(TestServer.location)", "tags": \(object(tags)), "properties": {
          "authMode": "\(mode)", "traffic": \(object(traffic))\(more.isEmpty ? "" : ", \(more)")}}
        """
    }

    /// A deployment of simulated replicas; `simulate` as `SLUICE_SIMULATE` has it.
    package static func deployment(
        environment: String, simulate: String = "", count: Int = 1, code: String? = nil, script: String = "score.py",
        model: String? = nil, variables: [String: String] = [:], more: String = ""
    ) -> String {
        var variables = variables
        if !simulate.isEmpty { variables["SLUICE_SIMULATE"] = simulate }
        var members = [
            #""endpointComputeType": "Managed""#, #""environmentId": "\#(environment)""#,
            #""instanceType": "Standard_DS3_v2""#, #""environmentVariables": \#(object(variables))"#,
        ]
        if let code { members.append(#""codeConfiguration": {"codeId": "\#(code)", "scoringScript": "\#(script)"}"#) }
        if let model { members.append(#""model": "\#(model)""#) }
        if !more.isEmpty { members.append(more) }
        return """
            {"location": "\(TestServer.location)", "sku": {"name": "Default", "capacity": \(count)},
             "properties": {\(members.joined(separator: ", "))}}
            """
    }

    /// The body of a template deployment.
    package static func deployment(
        of template: String, parameters: String = "{}", mode: String = "Incremental"
    ) -> String {
        #"{"properties": {"mode": "\#(mode)", "parameters": \#(parameters), "template": \#(template)}}"#
    }

    /// A template for a resource group with these sections, each with its name.
    package static func template(_ sections: String, resources: [String] = []) -> String {
        let list =
            resources.isEmpty && sections.contains("\"resources\"")
            ? "" : #""resources": [\#(resources.joined(separator: ", "))]"#
        let parts = [sections, list].filter { !$0.isEmpty }.joined(separator: ", ")
        return """
            {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
             "contentVersion": "1.0.0.0", \(parts)}
            """
    }

    private static func object(_ members: [String: String]) -> String {
        "{"
            + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \(JSONView.quoted($0.value))" }
            .joined(separator: ", ") + "}"
    }

    private static func object(_ members: [String: Int]) -> String {
        "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
    }
}
