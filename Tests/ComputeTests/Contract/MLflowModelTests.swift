import Testing

@testable import Compute

@Suite struct MLflowModelTests {
    @Test(arguments: [
        ("flavors: {python_function: {env: {conda: envs/conda.yaml, virtualenv: python_env.yaml}}}", "envs/conda.yaml"),
        ("flavors: {python_function: {env: environment.yml}, sklearn: {}}", "environment.yml"),
        ("flavors: {python_function: {loader_module: mlflow.sklearn}}", "conda.yaml"),
    ])
    func `the conda file is found in every version of the format`(text: String, file: String) throws {
        #expect(try MLflowModel(text).condaFile == file)
    }

    @Test(arguments: [
        ("", "not one of MLflow's"), ("flavors: [", "not one of MLflow's"), ("[1, 2]", "not one of MLflow's"),
        ("flavors: text", "not one of MLflow's"),
        ("flavors: {spark: {}, onnx: {}}", "no python_function flavor, only onnx, spark"),
    ])
    func `what Python can't load is refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: ComputeError.self) { try MLflowModel(text) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains(reason) == true)
    }

    @Test func `requirements become a conda file that reads back as they were`() throws {
        let lines = [
            "mlflow==3.17.2", "scikit-learn>=1,<2", "# a comment: with a colon", "name[extra] ; python_version>'3'",
        ]
        let file = try CondaFile(MLflowModel.condaFile(requirements: lines.joined(separator: "\r\n")))
        #expect(file.requirements == lines.filter { !$0.hasPrefix("#") })
    }
}
