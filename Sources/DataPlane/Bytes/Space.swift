/// Room in memory that the system or a library writes to, for as long as whoever hands it out says.
struct Space {
    let start: UnsafeMutableRawPointer?
    let count: Int
}
