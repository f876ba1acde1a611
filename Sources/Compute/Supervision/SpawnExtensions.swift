import Glibc

/// glibc's additions to posix_spawn, which its headers hide from Swift (they ask for `_GNU_SOURCE`).
///
/// Looked up by name: `posix_spawn_file_actions_addchdir_np` is in glibc since 2.29, `…_addclosefrom_np` since 2.34.
enum SpawnExtensions {
    /// `POSIX_SPAWN_SETSID` of <spawn.h>.
    static let newSession: Int32 = 0x80

    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    private typealias ChangeDirectory =
        @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32

    static func closeFrom(_ actions: inout posix_spawn_file_actions_t, _ first: Int32) -> Int32 {
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return ENOSYS }
        return unsafeBitCast(symbol, to: CloseFrom.self)(&actions, first)
    }

    static func changeDirectory(_ actions: inout posix_spawn_file_actions_t, _ path: String) -> Int32 {
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addchdir_np") else { return ENOSYS }
        return unsafeBitCast(symbol, to: ChangeDirectory.self)(&actions, path)
    }
}
