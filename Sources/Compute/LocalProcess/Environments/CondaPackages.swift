/// What conda's package names mean where packages come from PyPI.
///
/// A name that is not in these tables is taken for that of a project on PyPI, as most are. The tables hold those that
/// have another name there, those that every environment has, and those that are no Python packages: PyPI may hold
/// other software under their names.
enum CondaPackages {
    enum Equivalent: Sendable, Equatable {
        /// The interpreter itself.
        case python
        /// Part of every environment, of this host or of PyPI's wheels, or without meaning outside conda.
        case nothing
        case pip(String)
        /// Nothing that can be installed here, with what to do about it.
        case foreign(String)
    }

    static func equivalent(of conda: String) -> Equivalent {
        if conda == "python" { return .python }
        if nothing.contains(conda) || conda.hasPrefix("_") || conda.hasPrefix("ld_impl_") { return .nothing }
        if let renamed = renamed[conda] { return .pip(renamed) }
        if cuda.contains(conda) || cudaPrefixes.contains(where: { conda.hasPrefix($0) }) {
            return .foreign("is CUDA, which PyPI's wheels of frameworks bring themselves: remove it")
        }
        if conda == "r" || conda.hasPrefix("r-") { return .foreign("is a package of R, which is not run here") }
        if isNative(conda) {
            return .foreign("is no Python package: install it on this host, and remove it from the file")
        }
        return .pip(conda)
    }

    private static func isNative(_ conda: String) -> Bool {
        if native.contains(conda) || nativeSuffixes.contains(where: { conda.hasSuffix($0) }) { return true }
        return conda.hasPrefix("conda-") || conda.hasPrefix("lib") && !pythonLibraries.contains(conda)
    }

    /// Those that `conda env export` lists of every environment; numerical libraries that wheels hold.
    private static let nothing: Set<String> = [
        "ca-certificates", "certifi-win32", "conda", "python_abi", "cpuonly", "nomkl", "openssl", "libgcc-ng", "libgcc",
        "libgomp", "libstdcxx-ng", "libstdcxx", "libffi", "ncurses", "readline", "sqlite", "libsqlite", "tk", "xz",
        "liblzma", "zlib", "libzlib", "bzip2", "expat", "libexpat", "libnsl", "libuuid", "libxcrypt", "blas", "libblas",
        "libcblas", "liblapack", "liblapacke", "openblas", "libopenblas", "mkl", "intel-openmp", "llvm-openmp", "tbb",
        "libgfortran", "libgfortran-ng", "libgfortran5", "libgfortran4",
    ]

    private static let renamed: [String: String] = [
        "pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch", "faiss": "faiss-cpu",
        "opencv": "opencv-python-headless", "py-opencv": "opencv-python-headless", "py-xgboost": "xgboost",
        "py-xgboost-cpu": "xgboost", "tensorflow-base": "tensorflow", "tensorflow-mkl": "tensorflow",
        "tensorflow-gpu": "tensorflow", "matplotlib-base": "matplotlib", "msgpack-python": "msgpack",
        "python-flatbuffers": "flatbuffers", "dask-core": "dask", "python-graphviz": "graphviz",
        "seaborn-base": "seaborn", "pytables": "tables", "psycopg2": "psycopg2-binary", "pyqt": "PyQt5",
        "python-xxhash": "xxhash", "redis-py": "redis", "ruamel_yaml": "ruamel.yaml", "brotli-python": "brotli",
        "python-blosc": "blosc", "python-kubernetes": "kubernetes", "python-tzdata": "tzdata",
        "pyarrow-core": "pyarrow",
    ]

    private static let cuda: Set<String> = ["cudnn", "nccl", "pytorch-cuda", "pytorch-mutex", "magma"]
    private static let cudaPrefixes = ["cudatoolkit", "cuda-", "libcu", "libnv", "libnpp", "magma-cuda"]

    /// Python packages whose names begin like those of libraries.
    private static let pythonLibraries: Set<String> = [
        "libarchive-c", "libclang", "libcst", "libpysal", "libsass", "libsvm-official", "libtmux", "librosa",
    ]

    private static let nativeSuffixes = ["-cpp", "_linux-64", "_linux-aarch64", "-ng"]

    private static let native: Set<String> = [
        "anaconda", "arpack", "bazel", "binutils", "blosc", "boost", "cairo", "clang", "compilers", "curl", "eigen",
        "ffmpeg", "fftw", "fontconfig", "freetds", "freetype", "gcc", "gfortran", "ghostscript", "giflib", "git",
        "git-lfs", "glib", "glog", "gmp", "go", "graphviz", "gxx", "hdf5", "icu", "imagemagick", "java-jdk", "jpeg",
        "julia",
        "krb5", "lame", "lcms2", "llvm", "lua", "lz4-c", "make", "mamba", "maven", "metis", "micromamba", "mpc", "mpfr",
        "mpich", "msodbcsql", "mysql", "nodejs", "openjdk", "openmpi", "pandoc", "pango", "perl", "pixman", "poppler",
        "portaudio", "postgresql", "proj", "qt", "qt-main", "redis-server", "rust", "sdl2", "snappy", "sox",
        "tesseract",
        "unixodbc", "wget", "x264", "x265", "zeromq", "zstd",
    ]
}
