import Testing

@testable import Compute

@Suite struct PrebuiltImageTests {
    private func file(_ image: String) throws -> CondaFile {
        try CondaFile(try #require(PrebuiltImage(image)).condaFile)
    }

    @Test(arguments: [
        ("sklearn-1.0-ubuntu20.04-py38-cpu-inference", "scikit-learn==1.0.*", "==3.8.*"),
        ("sklearn-0.24.1-ubuntu18.04-py37-cpu-inference:20220101.v1", "scikit-learn==0.24.1", "==3.7.*"),
        ("tensorflow-2.7-ubuntu20.04-py38-cpu-inference:latest", "tensorflow==2.7.*", "==3.8.*"),
        ("pytorch-1.10-ubuntu18.04-py37-cuda11.0.3-gpu-inference", "torch==1.10.*", "==3.7.*"),
        ("onnxruntime-1.6-ubuntu18.04-py37-cpu-inference", "onnxruntime==1.6.*", "==3.7.*"),
        ("lightgbm-3.2-ubuntu18.04-py37-cpu-inference", "lightgbm==3.2.*", "==3.7.*"),
        ("xgboost-0.9-ubuntu18.04-py37-cpu-inference@sha256:0", "xgboost==0.9.*", "==3.7.*"),
        ("curated/mlflow-py312-inference", "mlflow", ""), ("minimal-py311-inference:latest", "joblib", ""),
        ("minimal-ubuntu22.04-py39-cpu-inference", "numpy", ""),
    ])
    func `an image stands for its packages`(name: String, requirement: String, python: String) throws {
        let file = try file("mcr.microsoft.com/azureml/\(name)")
        #expect(file.requirements.contains(requirement) && file.problems.isEmpty)
        #expect(file.python.description == python)
    }

    @Test(arguments: [
        "openmpi4.1.0-ubuntu20.04:latest", "intelmpi2018.3-ubuntu18.04", "base:latest", "o16n-base/python-assets",
        "inference-base-2204",
    ])
    func `base images hold nothing`(name: String) throws {
        #expect(try file("MCR.microsoft.com/azureml/\(name)").requirements.isEmpty)
    }

    @Test(arguments: [
        "mcr.microsoft.com/azureml/curated/acpt-pytorch-2.2-cuda12.1", "mcr.microsoft.com/azureml/sklearn-inference",
        "mcr.microsoft.com/azureml/curated/foundation-model-inference", "mcr.microsoft.com/azureml/sklearn-1.5:latest",
        "mcr.microsoft.com/azureml/promptflow/promptflow-runtime", "docker.io/sklearn-1.0-py38-inference", "",
    ])
    func `of others nothing is known`(image: String) {
        #expect(PrebuiltImage(image) == nil)
    }
}
