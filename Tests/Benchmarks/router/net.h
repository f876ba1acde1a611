// Addresses, sockets and the clock, for the programs of the router benchmark.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 4096 };

typedef struct {
    union {
        struct sockaddr any;
        struct sockaddr_in internet;
        struct sockaddr_un local;
    } name;
    socklen_t length;
} Address;

__attribute__((noreturn)) static inline void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

__attribute__((noreturn)) static inline void refuse(const char *option) {
    fprintf(stderr, "cannot use %s\n", option);
    exit(2);
}

static inline void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) fail("calloc");
    return memory;
}

/// The monotonic clock in nanoseconds.
static inline int64_t clock_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/// Lets the process open as many files as it may.
static inline void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) fail("setrlimit");
}

static inline char *read_file(const char *path, size_t *length) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status)) fail(path);
    char *bytes = allocate(1, status.st_size + 1);
    for (*length = 0; *length < (size_t)status.st_size;) {
        ssize_t count = read(file, bytes + *length, status.st_size - *length);
        if (count <= 0) fail(path);
        *length += count;
    }
    close(file);
    return bytes;
}

/// Reads `tcp:127.0.0.1:8080` or `unix:/path`.
static inline Address parse_address(const char *text) {
    Address address;
    memset(&address, 0, sizeof address);
    if (!strncmp(text, "unix:", 5) && strlen(text + 5) < sizeof address.name.local.sun_path) {
        address.name.local.sun_family = AF_UNIX;
        strcpy(address.name.local.sun_path, text + 5);
        address.length = sizeof address.name.local;
        return address;
    }
    const char *colon = strrchr(text, ':');
    char host[64];
    if (strncmp(text, "tcp:", 4) || colon < text + 4 || colon - text - 4 >= (long)sizeof host) refuse(text);
    memcpy(host, text + 4, colon - text - 4);
    host[colon - text - 4] = 0;
    address.name.internet.sin_family = AF_INET;
    address.name.internet.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &address.name.internet.sin_addr) != 1) refuse(text);
    address.length = sizeof address.name.internet;
    return address;
}

static inline int open_socket(const Address *address, int flags) {
    return socket(address->name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/// Small messages leave at once; says nothing to a unix socket.
static inline void send_at_once(int descriptor, const Address *address) {
    int one = 1;
    if (address->name.any.sa_family == AF_INET)
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/// Listens and prints the address; TCP port 0 becomes the port that the kernel chose.
static inline int listen_on(Address *address) {
    int descriptor = open_socket(address, SOCK_NONBLOCK), one = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(descriptor, &address->name.any, address->length) || listen(descriptor, LISTEN_BACKLOG)) fail("listen");
    if (address->name.any.sa_family == AF_UNIX) {
        // Peers may run their workers under another account.
        if (chmod(address->name.local.sun_path, 0666)) fail("chmod");
        printf("unix:%s\n", address->name.local.sun_path);
    } else {
        if (getsockname(descriptor, &address->name.any, &address->length)) fail("getsockname");
        printf("tcp:127.0.0.1:%d\n", ntohs(address->name.internet.sin_port));
    }
    fflush(stdout);
    return descriptor;
}

/// Has `poller` report `events` of `descriptor` with `token`.
static inline void watch(int poller, int operation, int descriptor, uint32_t events, void *token) {
    struct epoll_event event = {.events = events, .data.ptr = token};
    // A standard input that is a file cannot be watched, and never ends a program either.
    if (epoll_ctl(poller, operation, descriptor, &event) && errno != EPERM) fail("epoll_ctl");
}

/// Whether standard input has ended, which ends the program: who started it is gone.
static inline bool input_has_ended(void) {
    char bytes[64];
    return read(STDIN_FILENO, bytes, sizeof bytes) <= 0;
}

/// Waits at most until `until`, or without end if that is negative.
static inline int wait_for_events(int poller, struct epoll_event *events, int count, int64_t until) {
    if (until < 0) return epoll_wait(poller, events, count, -1);
    int64_t left = until - clock_now();
    if (left < 0) left = 0;
    struct timespec time = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    return epoll_pwait2(poller, events, count, &time, NULL);
}
