import Testing

@testable import Resources

/// Values of variables that stand for secrets.
@Suite struct SecretReferenceTests {
    @Test(arguments: [
        ("${{azureml://connections/store}}", SecretReference.connection(name: "store", .whole)),
        ("${{ azureml://connections/store/target }}", .connection(name: "store", .target)),
        ("${{azureml://connections/store/credentials/Key}}", .connection(name: "store", .credential("Key"))),
        ("${{azureml://connections/store/metadata/region}}", .connection(name: "store", .metadata("region"))),
        (
            "${{keyvault:https://own.vault.local/secrets/token}}",
            .vault(host: "own.vault.local", secret: "token", version: nil)
        ),
        (
            "${{keyvault:https://own.vault.local/secrets/token/0123}}",
            .vault(host: "own.vault.local", secret: "token", version: "0123")
        ),
    ]) func `a reference is read`(_ value: String, _ expected: SecretReference) throws {
        #expect(try SecretReference(value) == expected)
    }

    @Test(arguments: ["", "plain", "${HOME}", "${{parent.name}}", "azureml://connections/store", "a ${{azureml://x}}"])
    func `other texts are values`(_ value: String) throws {
        #expect(try SecretReference(value) == nil)
    }

    @Test(arguments: [
        "${{azureml://connections/store", "${{azureml://connections/}}", "${{azureml://connections/store/}}",
        "${{azureml://connections/store/credentials}}", "${{azureml://connections/store/credentials/a/b}}",
        "${{azureml://models/m}}", "${{azureml:store}}", "${{keyvault:http://v/secrets/s}}",
        "${{keyvault:https://v/keys/k}}", "${{keyvault:https://v/secrets/}}", "${{keyvault:https://v/secrets/s/1/2}}",
    ]) func `what begins as a reference and is none is an error`(_ value: String) {
        #expect(throws: SecretReference.Malformed.self) { try SecretReference(value) }
    }

    @Test(arguments: [
        ("${{azureml://connections/store/credentials/key}}", "refers to a secret"),
        ("${{azureml://models/m}}", "begins as a reference to a secret, but it names neither"),
    ]) func `a deployment with one is refused, not given the text`(_ value: String, _ message: String) throws {
        let body = BodyReader(
            root: try JSONParser.parse(
                #"""
                {"location": "westeurope", "properties": {"endpointComputeType": "Managed",
                  "environmentVariables": {"TOKEN": "\#(value)"}}}
                """#.utf8))
        let error = #expect(throws: ARMError.self) { try OnlineDeploymentRequest(reading: body) }
        #expect(error?.message.contains("$.properties.environmentVariables") ?? false)
        #expect(error?.message.contains("'TOKEN' \(message)") ?? false, "\(error?.message ?? "")")
    }
}
