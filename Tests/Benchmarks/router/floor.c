// The floor: moves bytes between each client and a replica of its own, without HTTP. What it costs is what the kernel
// takes for the two receives and two sends of a proxied request.
//   floor --listen ADDRESS --replica ADDRESS [--replica ADDRESS …]
// Prints the address that it listens on, and ends when its standard input does.
#define _GNU_SOURCE
#include "net.h"
#include <poll.h>
#include <signal.h>

enum { MOST_REPLICAS = 64, EVENTS_PER_WAIT = 256 };

typedef struct Side {
    int descriptor;
    struct Side *other, *next_closed;
} Side;

static int poller, listener;
static Address address, replicas[MOST_REPLICAS];
static int replica_count, next_replica;
static char buffer[64 * 1024];
/// Sides that ended in this batch of events; later events of the batch may still name them.
static Side *closed;

static void accept_client(void) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        const Address *replica = &replicas[next_replica++ % replica_count];
        int upstream = open_socket(replica, 0);
        if (upstream < 0 || connect(upstream, &replica->name.any, replica->length)) fail("connect");
        Side *near = allocate(1, sizeof *near), *far = allocate(1, sizeof *far);
        *near = (Side){.descriptor = client, .other = far};
        *far = (Side){.descriptor = upstream, .other = near};
        send_at_once(client, &address);
        send_at_once(upstream, replica);
        watch(poller, EPOLL_CTL_ADD, client, EPOLLIN, near);
        watch(poller, EPOLL_CTL_ADD, upstream, EPOLLIN, far);
    }
}

static void close_side(Side *side) {
    close(side->descriptor);
    side->descriptor = -1;
    side->next_closed = closed;
    closed = side;
}

static bool send_all(int descriptor, const char *bytes, size_t count) {
    while (count) {
        ssize_t sent = send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes += sent;
            count -= sent;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = descriptor, .events = POLLOUT};
            poll(&writable, 1, 1000);
        } else {
            return false;
        }
    }
    return true;
}

static void move_bytes(Side *side) {
    if (side->descriptor < 0) return;
    ssize_t count = recv(side->descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0 && send_all(side->other->descriptor, buffer, count)) return;
    close_side(side->other);
    close_side(side);
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    for (int index = 1; index + 1 < count; index += 2) {
        const char *option = arguments[index], *value = arguments[index + 1];
        if (!strcmp(option, "--listen")) address = parse_address(value);
        else if (!strcmp(option, "--replica") && replica_count < MOST_REPLICAS)
            replicas[replica_count++] = parse_address(value);
        else refuse(option);
    }
    if (!address.length || !replica_count) refuse("these options");
    poller = epoll_create1(EPOLL_CLOEXEC);
    listener = listen_on(&address);
    watch(poller, EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    watch(poller, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, NULL);
    struct epoll_event events[EVENTS_PER_WAIT];
    for (;;) {
        int found = wait_for_events(poller, events, EVENTS_PER_WAIT, -1);
        for (int index = 0; index < found; index++) {
            void *token = events[index].data.ptr;
            if (!token) {
                if (input_has_ended()) return 0;
            } else if (token == &listener) {
                accept_client();
            } else {
                move_bytes(token);
            }
        }
        while (closed) {
            Side *side = closed;
            closed = side->next_closed;
            free(side);
        }
    }
}
