import CDispatch
import CEpoll
import Glibc
import Synchronization

/// Words of memory that several threads, and with a file several processes, read and write at once.
///
/// A file's words are zero at first, and keep their values over the end of any process. Beside the words, a file has
/// *places* that a process can hold: a held place is a lock of the kernel's on one byte of the file, so it is free
/// again the moment its holder has ended, however it ended.
final class SharedWords: SlotMemory, Sendable {
    let count: Int
    /// -1 for memory of this process alone.
    private let descriptor: Int32
    private let base: SharedBase

    /// Memory of this process alone.
    init(count: Int) throws(SystemError) {
        descriptor = -1
        self.count = count
        base = SharedBase(start: try Self.map(count, -1))
    }

    /// The words of the file at `path`, which is made if it is not there.
    init(path: String, count: Int) throws(SystemError) {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw SystemError("open \(path)") }
        do throws(SystemError) {
            // Never shorter than somebody else has mapped it.
            var status = stat()
            guard fstat(opened, &status) == 0 else { throw SystemError("fstat \(path)") }
            let size = off_t(count * Self.wordSize)
            if status.st_size < size, ftruncate(opened, size) != 0 { throw SystemError("ftruncate \(path)") }
            base = SharedBase(start: try Self.map(count, opened))
        } catch {
            close(opened)
            throw error
        }
        descriptor = opened
        self.count = count
    }

    deinit {
        munmap(base.start, count * Self.wordSize)
        if descriptor >= 0 { close(descriptor) }
    }

    private static var wordSize: Int { MemoryLayout<Atomic<UInt64>>.stride }

    private static func map(_ count: Int, _ descriptor: Int32) throws(SystemError) -> UnsafeMutablePointer<
        Atomic<UInt64>
    > {
        let flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED
        let memory = mmap(nil, count * wordSize, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, descriptor, 0)
        guard let memory, memory != MAP_FAILED else { throw SystemError("mmap") }
        // An atomic word has the layout of its value, and zero is a value.
        return memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    }

    /// Checked, since an index may come from what another process has written.
    private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        precondition(index >= 0 && index < count)
        return base.start + index
    }

    func load(_ index: Int) -> UInt64 { word(index).pointee.load(ordering: .sequentiallyConsistent) }

    func store(_ value: UInt64, at index: Int) {
        word(index).pointee.store(value, ordering: .sequentiallyConsistent)
    }

    func exchange(_ index: Int, from expected: UInt64, to desired: UInt64) -> Bool {
        word(index).pointee.compareExchange(
            expected: expected, desired: desired, ordering: .sequentiallyConsistent
        ).exchanged
    }

    func add(_ amount: Int, to index: Int) {
        word(index).pointee.wrappingAdd(UInt64(bitPattern: Int64(amount)), ordering: .relaxed)
    }

    @discardableResult
    func set(_ bits: UInt64, at index: Int) -> UInt64 {
        word(index).pointee.bitwiseOr(bits, ordering: .sequentiallyConsistent).oldValue
    }

    @discardableResult
    func clear(_ bits: UInt64, at index: Int) -> UInt64 {
        word(index).pointee.bitwiseAnd(~bits, ordering: .sequentiallyConsistent).oldValue
    }

    // MARK: Places

    /// Takes a place that nobody holds. This process may hold it already; it has to know.
    func hold(place: Int) -> Bool {
        descriptor < 0 || CEpollLockByte(descriptor, Int64(place), 1, 0) == 0
    }

    /// Takes a place, after its present holder if there is one.
    func holdWaiting(place: Int) {
        while descriptor >= 0, CEpollLockByte(descriptor, Int64(place), 1, 1) != 0, errno == EINTR {}
    }

    func letGo(place: Int) {
        if descriptor >= 0 { _ = CEpollLockByte(descriptor, Int64(place), 0, 0) }
    }
}

/// The mapped memory: written through atomics only, and unmapped when nobody can reach it any more.
private struct SharedBase: @unchecked Sendable {
    let start: UnsafeMutablePointer<Atomic<UInt64>>
}
