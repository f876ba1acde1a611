#pragma once
// Linux calls that the Glibc module does not export to Swift, or exports in a shape Swift cannot use
// (`struct epoll_event` is packed and carries a union).
// No feature macro here: with one, types such as fd_set would differ from those that other C modules bring along.
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/// What a poller reports about one descriptor.
typedef struct {
    uint64_t token;
    uint32_t events;
} CEpollEvent;

static const uint32_t CEpollReadable = EPOLLIN;
static const uint32_t CEpollWritable = EPOLLOUT;
static const uint32_t CEpollPeerClosed = EPOLLRDHUP;
static const uint32_t CEpollFailed = EPOLLERR | EPOLLHUP;
static const uint32_t CEpollEdgeTriggered = EPOLLET;

/// Most events that one wait reports.
enum { CEpollBatch = 256 };

/// Adds `descriptor` with the given interest; returns 0 or -1 with `errno`.
int CEpollAdd(int poller, int descriptor, uint32_t events, uint64_t token);
/// Replaces the interest in `descriptor`; an event that is already there is reported again.
int CEpollModify(int poller, int descriptor, uint32_t events, uint64_t token);
/// Fills `events`, at most `count` (itself at most `CEpollBatch`) of them; returns how many, or -1 with `errno`.
int CEpollWait(int poller, CEpollEvent *events, int count, int timeoutMilliseconds);
/// `accept4` with a non-blocking, close-on-exec descriptor.
int CEpollAccept(int listener, struct sockaddr *address, socklen_t *length);
/// Has the kernel drop attempts to connect to a listener, and go on with those that it has answered; returns 0 or -1.
/// Whoever is dropped tries again after a second, and by then reaches another listener of the port.
int CEpollRefuseNew(int listener);
/// Fills `ends` with the reading and the writing end of a pipe, non-blocking and close-on-exec, of `size` bytes where the
/// system allows that; returns 0 or -1 with `errno`.
int CEpollPipe(int ends[2], int size);
/// Moves at most `count` bytes from a pipe to a socket, or the other way; returns how many, or -1 with `errno`.
ssize_t CEpollSplice(int from, int to, size_t count);
/// The monotonic clock in microseconds.
int64_t CEpollNow(void);
/// The time of day in microseconds since 1970.
int64_t CEpollWallClock(void);
/// What tells one state of a file from another.
typedef struct {
    uint64_t device, inode;
    int64_t size, modifiedNanoseconds;
} CEpollFileState;
/// Fills `state` for the file at `path`; returns 0 or -1 with `errno`.
int CEpollLookAtFile(const char *path, CEpollFileState *state);
/// Locks (`hold` 1) or unlocks byte `place` of a file for this open file; returns 0 or -1 with `errno`.
/// Without `wait` it fails with EAGAIN where another open file has the byte. The kernel unlocks when the file is closed.
int CEpollLockByte(int descriptor, int64_t place, int hold, int wait);
/// Connections that the server listening on unix socket `path` still holds though their client is gone: requests may be
/// at work behind them. -1 if that cannot be known, for one because the server is not in this network namespace.
int CEpollOrphansOfPath(const char *path);
/// The same for the server that listens on TCP port `port` of this host; `family` is AF_INET or AF_INET6.
int CEpollOrphansOfPort(int family, uint16_t port);
