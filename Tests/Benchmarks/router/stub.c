// Stub replicas: one process that answers every request on every address it listens on with the same JSON document.
//   stub --listen ADDRESS [--listen ADDRESS …] [--statistics ADDRESS] [--delay-us N] [--answer BYTES] [--cap N]
//        [--chunks N]
// One address is one replica. Prints the addresses in the order of the options; ends when its standard input does.
//
// A connection to the address of the statistics gets what the replicas have counted, as JSON, and peaks start anew. A
// request is inside a replica from its head to the last byte of its answer. When its caller goes away before that, it
// stays inside with its connection until its time is over, as it would in a model server whose thread is at work:
// `inside` counts those, `connected` does not. `above_cap` counts the requests that came when as many as `--cap` were
// inside already. With chunks, the answer goes out in so many, each of them after the delay.
#define _GNU_SOURCE
#include "document.h"
#include "head.h"
#include "net.h"
#include <signal.h>
#include <sys/prctl.h>

enum { MOST_REPLICAS = 64, EVENTS_PER_WAIT = 256, MOST_HELD = 16 * 1024, RECEIVE_SIZE = 256 * 1024 };

typedef enum { STANDARD_INPUT, STATISTICS, REPLICA, CONNECTION } Kind;

typedef struct {
    Kind kind;
    int listener, inside, most_inside, connected, most_connected;
    uint64_t answered, above_cap;
} Replica;

typedef enum { HEAD, BODY, WORKING, ANSWERING } Phase;

typedef struct Connection {
    Kind kind;
    Phase phase;
    int descriptor;
    Replica *replica;
    uint64_t body_left;
    size_t answer_sent, held_count;
    /// The part of the answer that is sent, or whose time is to come.
    long part;
    /// Bytes of a head that is not whole, or that came before their turn.
    char *held;
    int64_t due;
    struct Connection *next_due;
    bool closes, is_gone, watches_writing;
} Connection;

static int poller, statistics_listener;
static Kind input_kind = STANDARD_INPUT, statistics_kind = STATISTICS;
static Replica replicas[MOST_REPLICAS];
static int replica_count, cap = 1 << 30;
static int64_t delay;
static char *answer, received[RECEIVE_SIZE];
/// Where the parts of the answer end, which are sent one delay after the other.
static size_t *part_ends;
static long part_count;
/// Connections in the order of their times: each waits as long, so that is the order in which they began to.
static Connection *first_due, *last_due;

static void leave(Connection *connection) {
    if (!connection->is_gone) connection->replica->connected--;
    connection->replica->inside--;
}

static void drop(Connection *connection) {
    if (connection->phase == WORKING && !connection->is_gone) {
        connection->replica->connected--;
        connection->is_gone = true;
        watch(poller, EPOLL_CTL_DEL, connection->descriptor, 0, NULL);
        return;
    }
    if (connection->phase != HEAD) leave(connection);
    close(connection->descriptor);
    free(connection->held);
    free(connection);
}

/// Has the next part of the answer wait for its time.
static void work(Connection *connection) {
    connection->phase = WORKING;
    connection->due = clock_now() + delay;
    connection->next_due = NULL;
    if (last_due) last_due->next_due = connection;
    else first_due = connection;
    last_due = connection;
}

static void watch_writing(Connection *connection, bool writing) {
    if (connection->watches_writing == writing) return;
    connection->watches_writing = writing;
    uint32_t events = EPOLLIN | EPOLLRDHUP | (writing ? EPOLLOUT : 0);
    watch(poller, EPOLL_CTL_MOD, connection->descriptor, events, connection);
}

/// Sends what the socket takes; false if the connection is gone.
static bool send_answer(Connection *connection) {
    size_t end = part_ends[connection->part];
    while (connection->answer_sent < end) {
        ssize_t sent = send(
            connection->descriptor, answer + connection->answer_sent, end - connection->answer_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch_writing(connection, true);
            return true;
        }
        if (sent < 0) {
            drop(connection);
            return false;
        }
        connection->answer_sent += sent;
    }
    watch_writing(connection, false);
    if (++connection->part < part_count) {
        work(connection);
        return true;
    }
    connection->replica->answered++;
    leave(connection);
    connection->phase = HEAD;
    connection->answer_sent = 0;
    connection->part = 0;
    if (!connection->closes) return true;
    drop(connection);
    return false;
}

static bool begin_answer(Connection *connection) {
    connection->phase = ANSWERING;
    return send_answer(connection);
}

/// The request is whole; false if the connection is gone.
static bool take_up(Connection *connection) {
    if (!delay) return begin_answer(connection);
    work(connection);
    return true;
}

static void enter(Connection *connection, const Head *head) {
    Replica *replica = connection->replica;
    if (replica->inside >= cap) replica->above_cap++;
    if (++replica->inside > replica->most_inside) replica->most_inside = replica->inside;
    if (++replica->connected > replica->most_connected) replica->most_connected = replica->connected;
    connection->closes = head->closes;
    connection->body_left = head->body_length;
    connection->phase = BODY;
}

static bool hold(Connection *connection, const char *bytes, size_t count) {
    if (count > MOST_HELD) {
        drop(connection);
        return false;
    }
    if (!connection->held) connection->held = allocate(1, MOST_HELD);
    memmove(connection->held, bytes, count);
    connection->held_count = count;
    return true;
}

/// Takes bytes of requests; false if the connection is gone.
static bool feed(Connection *connection, const char *bytes, size_t count) {
    connection->held_count = 0;
    while (count) {
        if (connection->phase == WORKING || connection->phase == ANSWERING) return hold(connection, bytes, count);
        if (connection->phase == HEAD) {
            Head head;
            if (!read_head(&head, bytes, count)) return hold(connection, bytes, count);
            enter(connection, &head);
            bytes += head.length;
            count -= head.length;
        }
        size_t taken = count < connection->body_left ? count : connection->body_left;
        connection->body_left -= taken;
        bytes += taken;
        count -= taken;
        if (!connection->body_left && !take_up(connection)) return false;
    }
    return true;
}

static void receive(Connection *connection) {
    for (;;) {
        // What is held goes before what arrives.
        size_t held = connection->held_count;
        if (held) memcpy(received, connection->held, held);
        ssize_t count = recv(connection->descriptor, received + held, RECEIVE_SIZE - held, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return drop(connection);
        if (!feed(connection, received, held + count)) return;
        if ((size_t)count < RECEIVE_SIZE - held) return;
    }
}

/// Goes on with a connection whose answer was sent.
static void feed_held(Connection *connection) {
    size_t count = connection->held_count;
    if (!count || connection->phase != HEAD) return;
    memcpy(received, connection->held, count);
    feed(connection, received, count);
}

static void end_due(void) {
    int64_t now = first_due ? clock_now() : 0;
    while (first_due && first_due->due <= now) {
        Connection *connection = first_due;
        first_due = connection->next_due;
        if (!first_due) last_due = NULL;
        if (connection->is_gone) {
            drop(connection);
        } else if (begin_answer(connection)) {
            feed_held(connection);
        }
    }
}

static void accept_connections(Replica *replica) {
    int descriptor;
    while ((descriptor = accept4(replica->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int one = 1;
        // Fails on a unix socket, which needs no such thing.
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        Connection *connection = allocate(1, sizeof *connection);
        *connection = (Connection){.kind = CONNECTION, .descriptor = descriptor, .replica = replica};
        watch(poller, EPOLL_CTL_ADD, descriptor, EPOLLIN | EPOLLRDHUP, connection);
    }
}

static void tell_statistics(void) {
    int descriptor;
    while ((descriptor = accept4(statistics_listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        dprintf(descriptor, "[");
        for (Replica *replica = replicas; replica < replicas + replica_count; replica++) {
            dprintf(
                descriptor,
                "%s{\"answered\":%llu,\"most_inside\":%d,\"most_connected\":%d,\"above_cap\":%llu}",
                replica == replicas ? "" : ",", (unsigned long long)replica->answered, replica->most_inside,
                replica->most_connected, (unsigned long long)replica->above_cap);
            replica->most_inside = replica->inside;
            replica->most_connected = replica->connected;
            replica->above_cap = 0;
        }
        dprintf(descriptor, "]\n");
        close(descriptor);
    }
}

static void handle(struct epoll_event *event) {
    Connection *connection = event->data.ptr;
    switch (*(Kind *)event->data.ptr) {
    case STANDARD_INPUT:
        if (input_has_ended()) exit(0);
        return;
    case STATISTICS: return tell_statistics();
    case REPLICA: return accept_connections(event->data.ptr);
    case CONNECTION:
        if (event->events & EPOLLOUT && connection->phase == ANSWERING) {
            if (send_answer(connection)) feed_held(connection);
            return;
        }
        return receive(connection);
    }
}

/// Puts together the answer, behind a head as model servers send it.
static void make_answer(size_t size, long chunks) {
    static const char head[] = "HTTP/1.1 200 OK\r\nserver: stub\r\ndate: Mon, 01 Jan 2029 00:00:00 GMT\r\n"
                               "content-type: application/json\r\nx-model: house\r\n";
    char *document = make_document(size);
    part_count = chunks ? chunks : 1;
    part_ends = allocate(part_count, sizeof *part_ends);
    answer = allocate(1, sizeof head + 64 + size + 32 * part_count);
    char *end = answer + sprintf(answer, "%s", head);
    if (chunks) end += sprintf(end, "transfer-encoding: chunked\r\n\r\n");
    else end += sprintf(end, "content-length: %zu\r\n\r\n", size);
    for (long part = 0; part < part_count; part++) {
        size_t first = size * part / part_count, count = size * (part + 1) / part_count - first;
        if (chunks) end += sprintf(end, "%zx\r\n", count);
        memcpy(end, document + first, count);
        end += count;
        if (chunks) end += sprintf(end, part + 1 < part_count ? "\r\n" : "\r\n0\r\n\r\n");
        part_ends[part] = end - answer;
    }
    free(document);
}

static void read_options(int count, char **arguments) {
    long size = 100, chunks = 0;
    for (int index = 1; index + 1 < count; index += 2) {
        const char *option = arguments[index], *value = arguments[index + 1];
        Address address;
        if (!strcmp(option, "--listen") && replica_count < MOST_REPLICAS) {
            address = parse_address(value);
            replicas[replica_count++] = (Replica){.kind = REPLICA, .listener = listen_on(&address)};
        } else if (!strcmp(option, "--statistics")) {
            address = parse_address(value);
            statistics_listener = listen_on(&address);
        } else if (!strcmp(option, "--delay-us")) delay = atoll(value) * 1000;
        else if (!strcmp(option, "--answer") && (size = atol(value)) >= LEAST_DOCUMENT) continue;
        else if (!strcmp(option, "--chunks") && (chunks = atol(value)) >= 0 && chunks <= size) continue;
        else if (!strcmp(option, "--cap")) cap = atoi(value);
        else refuse(option);
    }
    if (!replica_count) refuse("these options");
    make_answer(size, chunks);
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    // The kernel may else round waits up by 50 microseconds.
    prctl(PR_SET_TIMERSLACK, 1000UL);
    raise_file_limit();
    read_options(count, arguments);
    poller = epoll_create1(EPOLL_CLOEXEC);
    watch(poller, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, &input_kind);
    if (statistics_listener) watch(poller, EPOLL_CTL_ADD, statistics_listener, EPOLLIN, &statistics_kind);
    for (int index = 0; index < replica_count; index++)
        watch(poller, EPOLL_CTL_ADD, replicas[index].listener, EPOLLIN, &replicas[index]);
    struct epoll_event events[EVENTS_PER_WAIT];
    for (;;) {
        int found = wait_for_events(poller, events, EVENTS_PER_WAIT, first_due ? first_due->due : -1);
        for (int index = 0; index < found; index++) handle(&events[index]);
        end_due();
    }
}
