import Testing

@testable import Compute

@Suite struct EnvironmentRecipeTests {
    private func recipe(_ dependencies: String, python: String = "3.11.2", server: String = "1.5.1") throws
        -> EnvironmentRecipe
    {
        EnvironmentRecipe(
            file: try CondaFile("dependencies: \(dependencies)"), serverVersion: server,
            interpreter: Interpreter(path: "/usr/bin/python3", version: python),
            installerVersion: "1")
    }

    @Test(arguments: [
        ("[pip]", "azureml-inference-server-http"),
        ("[{pip: [azureml-inference-server-http]}]", "azureml-inference-server-http"),
        ("[{pip: [azureml-inference-server-http==1.4.1]}]", "azureml-inference-server-http==1.4.1"),
        ("[{pip: [Azureml_Inference.Server-http~=1.4]}]", "Azureml_Inference.Server-http~=1.4"),
        ("[{pip: [azureml-defaults]}]", "azureml-defaults"),
    ])
    func `the model server is added unless the file brings it`(dependencies: String, requirement: String) throws {
        let recipe = try recipe(dependencies)
        #expect(recipe.requirements == [requirement, "pip"].sorted())
        // Nothing is pinned that the file does not pin.
        #expect(recipe.preferences == ["azureml-inference-server-http==1.5.1", "setuptools==80.9.0"])
    }

    @Test(arguments: [
        ("[pip]", ["azureml-inference-server-http>=0.8", "mlflow", "pip"]),
        ("[{pip: [MLflow==2.9.2]}]", ["MLflow==2.9.2", "azureml-inference-server-http>=0.8", "pip"]),
        ("[{pip: [mlflow_skinny]}]", ["azureml-inference-server-http>=0.8", "mlflow_skinny", "pip"]),
        (
            "[{pip: [mlflow, azureml-inference-server-http==1.0.0]}]",
            ["azureml-inference-server-http==1.0.0", "mlflow", "pip"]
        ),
    ])
    func `MLflow is added where it is needed, unless the file brings it`(dependencies: String, expected: [String])
        throws
    {
        let recipe = EnvironmentRecipe(
            file: try CondaFile("dependencies: \(dependencies)"), serverVersion: "1.5.1", needsMLflow: true,
            interpreter: Interpreter(path: "/usr/bin/python3", version: "3.11.2"), installerVersion: "1")
        #expect(recipe.requirements == expected)
    }

    @Test(arguments: [
        ("[numpy]", "pip"), ("[pip]", "pip"), ("[pip=23.1]", "pip==23.1.*"), ("[{pip: [pip>20]}]", "pip>20"),
    ])
    func `every environment has a pip of its own`(dependencies: String, requirement: String) throws {
        let own = try recipe(dependencies).requirements.filter { $0.hasPrefix("pip") }
        #expect(own == [requirement])
    }

    @Test func `equal contents share a key, whatever the order`() throws {
        let key = try recipe("[numpy=1.2, {pip: [joblib, pandas]}]").key
        #expect(try recipe("[python>=3, {pip: [pandas, joblib, joblib]}, numpy=1.2]").key == key)
        #expect(key.count == 32)
    }

    @Test func `whatever changes the contents changes the key`() throws {
        let keys = [
            try recipe("[numpy]").key, try recipe("[numpy=1]").key, try recipe("[numpy]", python: "3.12.0").key,
            try recipe("[numpy]", server: "1.4.1").key, try recipe("[numpy, gcc]").key,
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func `the owner is told what was read differently`() throws {
        #expect(try recipe("[{pip: [numpy]}]").notes.isEmpty)
        #expect(
            try recipe("[ipykernel=6.20.2, pytorch, nomkl]").notes == [
                "from PyPI instead of conda: ipykernel==6.20.2.*, torch",
                "left out, as part of this host or of every environment: nomkl",
            ])
    }

    @Test func `pip's settings reach the installer, the nearer ones first`() {
        let system = "[global]\nindex-url = https://system.example/simple\ntimeout = 60\n"
        let user =
            "[global]\nfind-links =\n    /wheels\n    /more\n[install]\nno_index = true\n[list]\nformat = columns\n"
        let environment = [
            "PIP_INDEX_URL": "https://mine.example/simple", "UV_HTTP_TIMEOUT": "5", "SECRET": "x", "HTTPS_PROXY": "p",
        ]
        let settings = PackageIndexSettings(environment: environment, files: [system, user])
        #expect(
            settings.variables == [
                "UV_DEFAULT_INDEX": "https://mine.example/simple", "UV_FIND_LINKS": "/wheels,/more",
                "UV_NO_INDEX": "true",
                "UV_HTTP_TIMEOUT": "5", "HTTPS_PROXY": "p",
            ])
    }
}
