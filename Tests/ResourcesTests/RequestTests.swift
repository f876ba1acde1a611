import Foundation
import Resources
import Testing

/// The bodies are the examples of the 2024-04-01 specification; placeholders that break a rule of the service are replaced.
@Suite struct OnlineEndpointRequestTests {
    private func problems(_ properties: String) throws -> [String] {
        let reader = try body("{\"location\": \"eu\", \"properties\": \(properties)}")
        do {
            _ = try OnlineEndpointRequest(reading: reader)
            return []
        } catch {
            return paths(error)
        }
    }

    @Test func `the specification's example is read`() throws {
        let compute =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes/c"
        let request = try OnlineEndpointRequest(
            reading: body(
                """
                {"properties": {"description": "string", "properties": {"string": "string"}, "authMode": "AMLToken", "compute": "\(compute)",
                 "traffic": {"string": 100}}, "tags": {}, "location": "string", "kind": "string",
                 "identity": {"type": "SystemAssigned", "userAssignedIdentities": {"string": {}}},
                 "sku": {"name": "string", "tier": "Free", "size": "string", "family": "string", "capacity": 1}}
                """))
        #expect(request.properties.authMode == .amlToken && request.properties.compute == compute)
        #expect(request.properties.traffic == ["string": 100] && request.properties.properties == ["string": "string"])
        #expect(request.properties.publicNetworkAccess == .enabled && request.keys == nil)
        #expect(request.envelope.kind == "string")
    }

    @Test func `what the service wrote into the property bag is not taken for the caller's`() throws {
        let request = try OnlineEndpointRequest(
            reading: body(
                #"{"location": "eu", "properties": {"authMode": "key", "properties": {"azureasyncoperationURI": "x", "createdBy": "y", "own": "z"}}}"#
            ))
        #expect(request.properties.properties == ["own": "z"])
    }

    @Test(arguments: [
        (#"{"authMode": "Key"}"#, []), (#"{"authMode": "AADTOKEN", "traffic": {"a": "40", "b": 60,}}"#, []),
        (#"{"authMode": "Key", "traffic": {"a": 0, "b": 0}, "mirrorTraffic": {"b": 10}}"#, []),
        (#"{"authMode": "Key", "keys": {"primaryKey": "0123456789abcdef", "secondaryKey": "0123456789abcdeg"}}"#, []),
        ("{}", ["$.properties.authMode"]), (#"{"authMode": "Password"}"#, ["$.properties.authMode"]),
        (#"{"authMode": "Key", "traffic": {"a": 99}}"#, ["$.properties.traffic"]),
        (#"{"authMode": "Key", "traffic": {"a": 60, "b": 41}}"#, ["$.properties.traffic"]),
        (#"{"authMode": "Key", "traffic": {"a": 101}}"#, ["$.properties.traffic.a"]),
        (#"{"authMode": "Key", "traffic": {"a": 100, "b": -1}}"#, ["$.properties.traffic.b"]),
        (#"{"authMode": "Key", "traffic": {"a": 100}, "mirrorTraffic": {"A": 5}}"#, ["$.properties.mirrorTraffic.A"]),
        (#"{"authMode": "Key", "compute": "string"}"#, ["$.properties.compute"]),
        (
            #"{"authMode": "Key", "keys": {"primaryKey": "short", "secondaryKey": "0123456789abcdef"}}"#,
            ["$.properties.keys.primaryKey"]
        ),
        (#"{"authMode": "Key", "keys": {"primaryKey": "0123456789abcdef"}}"#, ["$.properties.keys.secondaryKey"]),
        (
            #"{"authMode": "Key", "keys": {"primaryKey": "0123456789 abcdef", "secondaryKey": "0123456789abcdef"}}"#,
            ["$.properties.keys.primaryKey"]
        ),
    ])
    func `wrong endpoints are refused at the right place`(properties: String, expected: [String]) throws {
        #expect(try problems(properties) == expected)
    }

    @Test func `a deployment that is named twice in the traffic is refused`() throws {
        #expect(try problems(#"{"authMode": "Key", "traffic": {"blue": 50, "Blue": 50}}"#) != [])
    }

    @Test func `a patch changes tags and identity and nothing else`() throws {
        let patch = try OnlineEndpointPatch(reading: body(#"{"tags": {"a": "b"}, "identity": {"type": "None"}}"#))
        #expect(patch.tags == ["a": "b"] && patch.identity?.type == ManagedIdentity.Kind.none)
        #expect(try OnlineEndpointPatch(reading: body("{}")).tags == nil)
        #expect(try OnlineEndpointPatch(reading: body(#"{"tags": {}}"#)).tags == [:])
        let reader = try body(#"{"location": "eu", "properties": {}}"#)
        let error = #expect(throws: ARMError.self) { try OnlineEndpointPatch(reading: reader) }
        #expect(paths(error) == ["$.location", "$.properties"])
    }

    @Test func `origins in a tag are checked wherever tags can be set`() throws {
        let tags = #"{"sluice.cors.origins": "app.example"}"#
        let patch = try body(#"{"tags": \#(tags)}"#)
        let patchError = #expect(throws: ARMError.self) { try OnlineEndpointPatch(reading: patch) }
        let request = try body(#"{"location": "eu", "tags": \#(tags), "properties": {"authMode": "Key"}}"#)
        let error = #expect(throws: ARMError.self) { try OnlineEndpointRequest(reading: request) }
        #expect(paths(patchError) == paths(error) && paths(error).count == 1)
        #expect(paths(error).first?.contains("sluice.cors.origins") == true)
    }

    @Test func `new keys name their slot, and a brought key obeys the rules of keys`() throws {
        let fresh = try RegenerateKeysRequest(reading: body(#"{"keyType": "secondary", "keyValue": ""}"#))
        #expect(fresh.keyType == .secondary && fresh.keyValue == nil)
        for json in ["{}", #"{"keyType": "Third"}"#, #"{"keyType": "Primary", "keyValue": "x"}"#] {
            let reader = try body(json)
            #expect(throws: ARMError.self, "\(json)") { try RegenerateKeysRequest(reading: reader) }
        }
    }
}

@Suite struct OnlineDeploymentRequestTests {
    private func request(_ properties: String, sku: String = "null") throws -> OnlineDeploymentRequest {
        try OnlineDeploymentRequest(
            reading: body("{\"location\": \"eu\", \"sku\": \(sku), \"properties\": \(properties)}"))
    }

    @Test func `the specification's managed example is read`() throws {
        let request = try request(
            """
            {"codeConfiguration": {"codeId": "string", "scoringScript": "string"}, "environmentId": "string", "environmentVariables": {"string": "string"},
             "scaleSettings": {"scaleType": "Default"}, "requestSettings": {"maxQueueWait": "PT5M", "requestTimeout": "PT3M", "maxConcurrentRequestsPerInstance": 1},
             "livenessProbe": {"failureThreshold": 1, "successThreshold": 1, "timeout": "PT5M", "period": "PT5M", "initialDelay": "PT5M"},
             "instanceType": "string", "model": "string", "endpointComputeType": "Managed", "modelMountPath": "string"}
            """, sku: #"{"name": "string", "tier": "Free", "size": "string", "family": "string", "capacity": 1}"#)
        #expect(request.instanceCount == 1 && request.properties.endpointComputeType == .managed)
        #expect(request.properties.requestSettings.requestTimeout.milliseconds == 180_000)
        #expect(
            request.properties.livenessProbe.probe
                == Probe(initialDelayMs: 300_000, periodMs: 300_000, timeoutMs: 300_000, failureThreshold: 1))
        #expect(request.properties.readinessProbe.probe == Probe())
        #expect(request.properties.scaleSettings.scaleType == .default)
    }

    @Test func `the specification's Kubernetes example is read, quoted quantities too`() throws {
        let request = try request(
            #"""
            {"endpointComputeType": "Kubernetes", "scaleSettings": {"scaleType": "Default"}, "containerResourceRequirements": {
             "containerResourceRequests": {"cpu": "\"1\"", "memory": "\"2Gi\"", "gpu": "\"1\""},
             "containerResourceLimits": {"cpu": "\"1\"", "memory": "\"2Gi\"", "gpu": "\"1\""}}}
            """#)
        #expect(request.properties.containerResourceRequirements?.containerResourceLimits != nil)
    }

    @Test func `absent settings have the defaults of the specification`() throws {
        let properties = try request(#"{"endpointComputeType": "managed"}"#).properties
        #expect(properties.requestSettings.requestTimeout.milliseconds == 5_000)
        #expect(properties.requestSettings.maxConcurrentRequestsPerInstance == 1)
        #expect(properties.requestSettings.maxQueueWait.milliseconds == 500)
        #expect(properties.livenessProbe.probe == Probe() && properties.egressPublicNetworkAccess == .enabled)
        #expect(
            try request(#"{"endpointComputeType": "kubernetes"}"#).properties.scaleSettings.scaleType
                == .targetUtilization)
    }

    @Test(arguments: [("Default", nil), ("Standard_DS2_v2", "Standard_DS2_v2")] as [(String, String?)])
    func `the size may be the name of the SKU`(name: String, instanceType: String?) throws {
        let request = try request(
            #"{"endpointComputeType": "Managed"}"#, sku: "{\"name\": \"\(name)\", \"capacity\": \"4\"}")
        #expect(request.properties.instanceType == instanceType && request.instanceCount == 4)
    }

    @Test(arguments: [
        ("{}", "null", ["$.properties.endpointComputeType"]),
        (
            #"{"endpointComputeType": "Managed", "codeConfiguration": {}}"#, "null",
            ["$.properties.codeConfiguration.scoringScript"]
        ),
        (
            #"{"endpointComputeType": "Managed", "codeConfiguration": {"scoringScript": "../x.py"}}"#, "null",
            ["$.properties.codeConfiguration.scoringScript"]
        ),
        (
            #"{"endpointComputeType": "Managed", "requestSettings": {"requestTimeout": "5s"}}"#, "null",
            ["$.properties.requestSettings.requestTimeout"]
        ),
        (
            #"{"endpointComputeType": "Managed", "livenessProbe": {"successThreshold": 2}}"#, "null",
            ["$.properties.livenessProbe.successThreshold"]
        ),
        (
            #"{"endpointComputeType": "Managed", "environmentVariables": {"1a": "x"}}"#, "null",
            ["$.properties.environmentVariables"]
        ),
        (
            #"{"endpointComputeType": "Managed", "scaleSettings": {"scaleType": "targetutilization", "minInstances": 3, "maxInstances": 2}}"#,
            "null",
            ["$.properties.scaleSettings.minInstances"]
        ),
        (#"{"endpointComputeType": "Managed"}"#, #"{"capacity": 51}"#, ["$.sku.capacity"]),
        (#"{"endpointComputeType": "Managed"}"#, #"{"capacity": -1}"#, ["$.sku.capacity"]),
        (
            #"{"endpointComputeType": "Managed", "dataCollector": {}}"#, "null",
            ["$.properties.dataCollector.collections"]
        ),
    ])
    func `wrong deployments are refused at the right place`(properties: String, sku: String, expected: [String]) {
        let error = #expect(throws: ARMError.self) { try request(properties, sku: sku) }
        #expect(paths(error) == expected)
    }

    @Test func `a patch changes tags and the count and nothing else`() throws {
        let patch = try OnlineDeploymentPatch(reading: body(#"{"sku": {"name": "Default", "capacity": "3"}}"#))
        #expect(patch.instanceCount == 3 && patch.tags == nil)
        let reader = try body(#"{"sku": {"capacity": 51}, "properties": {}}"#)
        let error = #expect(throws: ARMError.self) { try OnlineDeploymentPatch(reading: reader) }
        #expect(paths(error) == ["$.sku.capacity", "$.properties"])
    }
}

@Suite struct AssetVersionRequestTests {
    @Test(arguments: [
        (
            AssetKind.code,
            #"{"codeUri": "https://blobStorage/folderName", "isAnonymous": false, "tags": {"string": "string"}}"#
        ),
        (
            .model,
            #"{"flavors": {"string": {"data": {"string": "string"}}}, "modelType": "CustomModel", "modelUri": "string"}"#
        ),
        (.model, #"{"modelType": "mlflow_model", "modelUri": "string"}"#),
        (
            .environment,
            #"{"image": "docker.io/tensorflow/serving:latest", "condaFile": "string", "build": {"contextUri": "https://h/c/", "dockerfilePath": "prod/Dockerfile"}, "inferenceConfig": {"livenessRoute": {"path": "string", "port": 1}}}"#
        ),
    ])
    func `the specification's examples are read`(kind: AssetKind, properties: String) throws {
        let request = try AssetVersionRequest(reading: body("{\"properties\": \(properties)}"), kind: kind)
        #expect(request.content.kind == kind)
    }

    @Test(arguments: [
        (AssetKind.code, "{}", ["$.properties.codeUri"]), (.model, "{}", ["$.properties.modelUri"]),
        (.environment, "{}", ["$.properties"]),
        (.model, #"{"modelUri": "u", "modelType": "odd"}"#, ["$.properties.modelType"]),
        (.environment, #"{"image": "i", "osType": "Plan9"}"#, ["$.properties.osType"]),
        (
            .environment, #"{"image": "i", "inferenceConfig": {"scoringRoute": {"path": "/s", "port": 0}}}"#,
            ["$.properties.inferenceConfig.scoringRoute.port"]
        ),
        (.environment, #"{"build": {}}"#, ["$.properties.build.contextUri"]),
    ])
    func `wrong versions are refused at the right place`(kind: AssetKind, properties: String, expected: [String]) throws
    {
        let reader = try body("{\"properties\": \(properties)}")
        let error = #expect(throws: ARMError.self) { try AssetVersionRequest(reading: reader, kind: kind) }
        #expect(paths(error) == expected)
    }
}
