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
        ("ipykernel=6.20.2", "ipykernel==6.20.2.*"), ("conda-forge::soundfile", "soundfile"), ("librosa", "librosa"),
        ("matplotlib-base=3", "matplotlib==3.*"), ("my_own.package", "my_own.package"),
        ("azureml-core", "azureml-core"), ("pip", "pip"), ("pip=25.1", "pip==25.1.*"), ("pip<22.0", "pip<22.0"),
    ])
    func `a conda entry becomes a requirement`(entry: String, requirement: String) throws {
        let file = try CondaFile("dependencies:\n  - \"\(entry)\"\n")
        #expect(file.requirements == [requirement])
        #expect(file.packages == [CondaFile.Package(entry: entry, requirement: requirement)])
    }

    @Test(arguments: [
        "ca-certificates", "nomkl", "libgcc-ng=11.2.0=h1234567_1", "_libgcc_mutex=0.1=main", "ld_impl_linux-64=2.38",
        "openssl=1.1.1w", "mkl", "libblas=3.9.0=16_linux64_mkl",
    ])
    func `entries that every environment has are left out, and said to be`(entry: String) throws {
        let file = try CondaFile("dependencies: [\"\(entry)\"]")
        #expect(file.requirements.isEmpty && file.problems.isEmpty && file.leftOut == [entry])
    }

    @Test(arguments: [
        ("cudatoolkit=11.3", "CUDA"), ("pytorch-cuda=11.8", "CUDA"), ("cudnn", "CUDA"), ("libcublas", "CUDA"),
        ("gcc", "on this host"), ("gxx_linux-64", "on this host"), ("libsndfile", "on this host"),
        ("graphviz", "on this host"), ("nodejs", "on this host"), ("arrow-cpp", "on this host"), ("r-base=4.1", "R"),
        ("numpy[version='>=1']", "translated"), ("numpy>1|<0.5", "translated"), ("=1.2", "translated"),
        ("numpy=latest", "translated"),
    ])
    func `an entry that can't be installed is named with the reason`(entry: String, reason: String) throws {
        let file = try CondaFile("dependencies: [\"\(entry)\"]")
        #expect(file.requirements.isEmpty && file.problems.count == 1)
        #expect(file.problems.first?.contains("\"\(entry)\"") == true)
        #expect(file.problems.first?.contains(reason) == true, "\(file.problems)")
    }

    @Test func `all entries that can't be installed are named at once`() throws {
        let file = try CondaFile("dependencies: [cudatoolkit=11.3, numpy, libsndfile, {pip: [-r more.txt, six]}]")
        #expect(file.requirements == ["numpy", "six"])
        let message = CondaFile.refusal(file.problems).message
        for entry in ["cudatoolkit=11.3", "libsndfile", "-r more.txt"] { #expect(message.contains("\"\(entry)\"")) }
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
