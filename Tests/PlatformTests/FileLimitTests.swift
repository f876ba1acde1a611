import Glibc
import Testing

@testable import Platform

@Suite struct FileLimitTests {
    @Test func `a process may have as many files open as the system lets it take`() throws {
        #expect(FileLimit.raise() > 0)
        var limit = rlimit()
        try #require(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        #expect(limit.rlim_cur == limit.rlim_max)
        #expect(FileLimit.raise() == Int(clamping: limit.rlim_max))
    }
}
