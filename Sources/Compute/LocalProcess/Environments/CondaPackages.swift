/// What conda's package names are called on PyPI.
///
/// A list of known names rather than "same name": a conda package and a PyPI project of one name may be different
/// software, and installing a stranger's package is worse than a clear refusal.
enum CondaPackages {
    enum Equivalent: Sendable, Equatable {
        /// The interpreter itself.
        case python
        /// Part of every environment, or without meaning outside conda.
        case nothing
        case pip(String)
        case unknown
    }

    static func equivalent(of conda: String) -> Equivalent {
        if conda == "python" { return .python }
        if ignored.contains(conda) { return .nothing }
        if let renamed = renamed[conda] { return .pip(renamed) }
        if sameName.contains(conda) || conda.hasPrefix("azureml-") || conda.hasPrefix("azure-") { return .pip(conda) }
        return .unknown
    }

    private static let ignored: Set<String> = [
        "ca-certificates", "certifi-win32", "conda", "python_abi", "cpuonly", "nomkl",
    ]

    private static let renamed: [String: String] = [
        "pytorch": "torch", "pytorch-cpu": "torch", "faiss-cpu": "faiss-cpu", "faiss": "faiss-cpu",
        "opencv": "opencv-python-headless", "py-opencv": "opencv-python-headless", "py-xgboost": "xgboost",
        "py-xgboost-cpu": "xgboost", "tensorflow-base": "tensorflow", "matplotlib-base": "matplotlib",
        "msgpack-python": "msgpack", "python-dateutil": "python-dateutil", "pyyaml": "PyYAML",
        "sentencepiece": "sentencepiece", "python-flatbuffers": "flatbuffers", "protobuf": "protobuf",
        "huggingface_hub": "huggingface-hub", "typing_extensions": "typing-extensions", "dask-core": "dask",
        "importlib_metadata": "importlib-metadata", "grpcio": "grpcio", "python-graphviz": "graphviz",
        "spacy": "spacy", "seaborn-base": "seaborn", "tables": "tables", "pytables": "tables",
        "pytorch-lightning": "pytorch-lightning", "psycopg2": "psycopg2-binary", "black": "black",
    ]

    private static let sameName: Set<String> = [
        "absl-py", "accelerate", "adlfs", "aiohttp", "applicationinsights", "attrs", "beautifulsoup4", "bokeh", "boto3",
        "catboost", "category_encoders", "certifi", "cffi", "charset-normalizer", "click", "cloudpickle",
        "cryptography",
        "cython", "dask", "datasets", "dill", "distributed", "fastapi", "fastparquet", "filelock", "fire", "flask",
        "flask-cors", "fsspec", "gensim", "geopandas", "gunicorn", "h5py", "hdbscan", "httpx", "hyperopt", "idna",
        "imageio", "imbalanced-learn", "inference-schema", "jinja2", "joblib", "jsonschema", "keras", "lightgbm",
        "lime",
        "llvmlite", "lxml", "matplotlib", "mlflow", "mlflow-skinny", "mlserver", "msgpack", "networkx", "nltk", "numba",
        "numexpr", "numpy", "onnx", "onnxruntime", "openpyxl", "optuna", "orjson", "packaging", "pandas", "patsy",
        "pillow", "pip", "plotly", "polars", "prophet", "psutil", "pyarrow", "pydantic", "pyjwt", "pymongo", "pyodbc",
        "pyparsing", "pyspark", "pytest", "python-dotenv", "pytz", "regex", "requests", "safetensors", "scikit-image",
        "scikit-learn", "scipy", "seaborn", "sentence-transformers", "setuptools", "shap", "simplejson", "six",
        "sktime", "sqlalchemy", "statsmodels", "sympy", "tabulate", "tensorboard", "tensorflow", "textblob",
        "threadpoolctl", "timm", "tokenizers", "toolz", "torchaudio", "torchmetrics", "torchvision", "tornado", "tqdm",
        "transformers", "typing-extensions", "tzdata", "ujson", "umap-learn", "urllib3", "uvicorn", "werkzeug", "wheel",
        "xarray",
        "xgboost", "xlrd", "zstandard",
    ]
}
