#define _GNU_SOURCE
#include "CEpoll.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int control(int poller, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(poller, operation, descriptor, &event);
}

int CEpollAdd(int poller, int descriptor, uint32_t events, uint64_t token) {
    return control(poller, EPOLL_CTL_ADD, descriptor, events, token);
}

int CEpollModify(int poller, int descriptor, uint32_t events, uint64_t token) {
    return control(poller, EPOLL_CTL_MOD, descriptor, events, token);
}

int CEpollWait(int poller, CEpollEvent *events, int count, int timeoutMilliseconds) {
    struct epoll_event ready[CEpollBatch];
    if (count > CEpollBatch) count = CEpollBatch;
    int found = epoll_wait(poller, ready, count, timeoutMilliseconds);
    for (int index = 0; index < found; index++) {
        events[index].token = ready[index].data.u64;
        events[index].events = ready[index].events;
    }
    return found;
}

int CEpollAccept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int CEpollPipe(int ends[2], int size) {
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC)) return -1;
    // Refused above a limit of the account's; a smaller pipe works as well, only slower.
    fcntl(ends[1], F_SETPIPE_SZ, size);
    return 0;
}

ssize_t CEpollSplice(int from, int to, size_t count) {
    return splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

int64_t CEpollNow(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int CEpollRefuseNew(int listener) {
    // A filter sees a segment from its TCP header on: byte 13 has the flags, of which SYN is 2 and ACK 16.
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int64_t CEpollWallClock(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int CEpollLookAtFile(const char *path, CEpollFileState *state) {
    struct stat found;
    if (stat(path, &found) != 0) return -1;
    *state = (CEpollFileState){
        .device = found.st_dev,
        .inode = found.st_ino,
        .size = found.st_size,
        .modifiedNanoseconds = (int64_t)found.st_mtim.tv_sec * 1000000000 + found.st_mtim.tv_nsec};
    return 0;
}

int CEpollLockByte(int descriptor, int64_t place, int hold, int wait) {
    struct flock range = {.l_type = hold ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    return fcntl(descriptor, wait ? F_OFD_SETLKW : F_OFD_SETLK, &range);
}
