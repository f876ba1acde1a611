import Testing

@testable import Compute

@Suite struct CondaFileTests {
    @Test(arguments: [
        ("numpy", "numpy"), ("numpy=2.3.1", "numpy==2.3.1.*"), ("numpy==2.3.1", "numpy==2.3.1"),
        ("numpy=1.2=py39h1", "numpy==1.2"), ("numpy==1.2=py39h1", "numpy==1.2"), ("numpy 1.2.*", "numpy==1.2.*"),
        ("numpy 1.2", "numpy==1.2"), ("numpy 1.2 py39h1", "numpy==1.2"), ("numpy=1.2=*", "numpy==1.2.*"),
        ("numpy>=1", "numpy>=1"), ("numpy >=1,<2", "numpy>=1,<2"), ("numpy>=1.*", "numpy>=1"),
        ("numpy!=1.5.*", "numpy!=1.5.*"),
        ("numpy~=1.4", "numpy~=1.4"), ("numpy=*", "numpy"), ("numpy=1.2.*", "numpy==1.2.*"),
        ("conda-forge::numpy=1.2", "numpy==1.2.*"), ("NumPy=2", "numpy==2.*"), ("pytorch=2.1", "torch==2.1.*"),
        ("pytorch::pytorch>2", "torch>2"), ("py-xgboost==1.0", "xgboost==1.0"),
        ("scikit-learn=1.2.2", "scikit-learn==1.2.2.*"),
        ("azureml-core", "azureml-core"), ("pip", "pip"), ("pip=25.1", "pip==25.1.*"), ("pip<22.0", "pip<22.0"),
    ])
    func `a conda entry becomes a requirement`(entry: String, requirement: String) throws {
        let file = try CondaFile("dependencies:\n  - \"\(entry)\"\n")
        #expect(file.requirements == [requirement])
    }

    @Test(arguments: ["ca-certificates", "nomkl"])
    func `entries without meaning outside conda are left out`(entry: String) throws {
        #expect(try CondaFile("dependencies: [\"\(entry)\"]").requirements.isEmpty)
    }

    @Test(arguments: [
        "cudatoolkit=11.3", "gcc", "r-base=4.1", "libgcc-ng", "nodejs", "numpy[version='>=1']", "numpy>1|<0.5", "=1.2",
        "numpy=latest",
    ])
    func `an entry that can't be translated is named`(entry: String) {
        let error = #expect(throws: ComputeError.self) { try CondaFile("dependencies: [\"\(entry)\"]") }
        #expect(error?.code == .environmentBuildFailed)
        #expect(error?.message.contains(entry) == true, "\(error?.message ?? "")")
    }

    @Test func `the pip part is taken as it is`() throws {
        let file = try CondaFile(
            """
            name: model-env
            channels: [conda-forge]
            dependencies:
              - python=3.11
              - pip:
                  - "--extra-index-url https://example.org/simple"
                  - inference-schema[numpy-support]
                  - joblib==1.5.1 ; python_version > "3.8"
              - numpy
            """)
        #expect(
            file.requirements == [
                "--extra-index-url https://example.org/simple", "inference-schema[numpy-support]",
                #"joblib==1.5.1 ; python_version > "3.8""#, "numpy",
            ])
        #expect(file.python.description == "==3.11.*")
    }

    @Test(arguments: ["", "name: x", "dependencies:", "dependencies: []", "dependencies:\n  - pip:"])
    func `a file that asks for nothing`(text: String) throws {
        if text.isEmpty {
            #expect(throws: ComputeError.self) { try CondaFile(text) }
        } else {
            #expect(try CondaFile(text).requirements.isEmpty)
        }
    }

    @Test(arguments: [
        ("dependencies:\n  - a: [", "line"), ("dependencies: numpy", "line 1"), ("- numpy", "mapping"),
        ("dependencies:\n  - pip: numpy", "line 2"), ("dependencies:\n  - conda: [x]", "line 2"),
        ("dependencies:\n  - pip:\n    - -r requirements.txt", "-r requirements.txt"),
        ("dependencies:\n  - pip:\n    - ./wheels/x.whl", "./wheels/x.whl"),
    ])
    func `a malformed file is refused with its place`(text: String, place: String) {
        let error = #expect(throws: ComputeError.self) { try CondaFile(text) }
        #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("python", true), ("python=3.11", true), ("python=3", true), ("python=3.8", false), ("python==3.11.9", true),
        ("python=3.12", false), ("python>=3.8", true), ("python>=3.12", false), ("python>=3.8,<3.11", false),
        ("python<3.12", true), ("python<=3.11", true), ("python<=3.10", false), ("python>3.11.2", false),
        ("python~=3.8", true), ("python~=3.10.1", false), ("python!=3.11.*", false), ("python 3.11.*", true),
    ])
    func `Python 3.11.2 against what a file asks for`(entry: String, isAdmitted: Bool) throws {
        #expect(try CondaFile("dependencies: [\"\(entry)\"]").python.admitsPython([3, 11, 2]) == isAdmitted)
    }
}
