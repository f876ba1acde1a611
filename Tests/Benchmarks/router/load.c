// Sends one and the same HTTP/1.1 request over many kept-alive connections, and prints what came back as JSON.
//   load --to ADDRESS [--to ADDRESS …] --request FILE --connections N --measure-ms N [--warmup-ms N] [--rate N]
//        [--interval-ms N] [--answer BYTES] [--tls]
// The connections are shared evenly among the addresses. Without a rate every connection sends again as soon as it has
// its answer. With one, requests are due at fixed times whatever the servers do, and a latency counts from that time; a
// request that found no free connection until the end counts as unsent. With the size of the stub replicas' answer, a
// 200 that has another body counts as broken; one whose body does not arrive whole counts as lost, as any answer does.
//
// Prints "ready" when all connections stand, begins when it is sent a line, and holds the connections after its report
// until its standard input ends: so whoever started it can read counters of the servers right before and after.
// Latencies and `per_second` leave the warm-up out, every other figure has it in.
#define _GNU_SOURCE
#include "body.h"
#include "channel.h"
#include "document.h"
#include "head.h"
#include "tally.h"
#include <signal.h>
#include <sys/prctl.h>

enum { EVENTS_PER_WAIT = 512, RECEIVE_SIZE = 256 * 1024, MOST_HEAD = 8 * 1024, MOST_CONNECTING = 256 };
static const int64_t MILLISECOND = 1000000, RETRY_AFTER = 20 * MILLISECOND, START_LIMIT = 30000 * MILLISECOND;
/// How long answers that are still missing at the end are waited for.
static const int64_t END_LIMIT = 5000 * MILLISECOND;

typedef enum { CLOSED, CONNECTING, IDLE, SENDING, AWAITING_HEAD, AWAITING_BODY } Phase;

typedef struct Connection {
    Channel channel;
    Phase phase;
    int target;
    bool watches_writing, is_queued, closes;
    int status;
    size_t sent, head_count;
    Body body;
    /// When the request was due; of a closed connection, when it is tried again.
    int64_t due;
    /// Bytes of a head that is not whole.
    char *head;
    struct Connection *next_idle;
} Connection;

static int poller, connection_count = 64, connecting_count, busy_count, target_count;
static Address targets[MOST_TARGETS];
static Connection *connections;
/// Idle connections in the order in which they became so; one that was closed meanwhile is passed over.
static Connection *first_idle, *last_idle;
static char *request, received[RECEIVE_SIZE];
static size_t request_length, document_length;
/// What the body of every answer must be; NULL if that is not looked at.
static char *document;
static SSL_CTX *tls;
static Tally tally;
static int64_t now, start, measured_from, end, interval;

static void watch_writing(Connection *connection, bool writing) {
    if (connection->watches_writing == writing) return;
    connection->watches_writing = writing;
    watch(poller, EPOLL_CTL_MOD, connection->channel.descriptor, EPOLLIN | (writing ? EPOLLOUT : 0), connection);
}

static void retry_later(Connection *connection) {
    connection->phase = CLOSED;
    connection->due = now + RETRY_AFTER;
}

static void open_connection(Connection *connection) {
    if (!channel_open(&connection->channel, &targets[connection->target], tls)) {
        tally.refused++;
        return retry_later(connection);
    }
    connecting_count++;
    connection->phase = CONNECTING;
    connection->watches_writing = true;
    watch(poller, EPOLL_CTL_ADD, connection->channel.descriptor, EPOLLIN | EPOLLOUT, connection);
}

static void close_connection(Connection *connection) {
    if (connection->phase == CONNECTING) {
        tally.refused++;
        connecting_count--;
    } else if (connection->phase != IDLE) {
        tally.lost++;
        busy_count--;
    }
    channel_close(&connection->channel);
    retry_later(connection);
}

static void become_idle(Connection *connection) {
    connection->phase = IDLE;
    if (connection->is_queued) return;
    connection->is_queued = true;
    connection->next_idle = NULL;
    if (first_idle) last_idle->next_idle = connection;
    else first_idle = connection;
    last_idle = connection;
}

static Connection *take_idle(void) {
    while (first_idle) {
        Connection *connection = first_idle;
        first_idle = connection->next_idle;
        connection->is_queued = false;
        if (connection->phase == IDLE) return connection;
    }
    return NULL;
}

static void go_on_sending(Connection *connection) {
    while (connection->sent < request_length) {
        ssize_t count = channel_write(
            &connection->channel, request + connection->sent, request_length - connection->sent);
        if (count == CHANNEL_WAITS) return watch_writing(connection, true);
        if (count == CHANNEL_ENDED) return close_connection(connection);
        connection->sent += count;
    }
    watch_writing(connection, false);
    connection->phase = AWAITING_HEAD;
}

static void begin_request(Connection *connection, int64_t due) {
    connection->due = due;
    connection->sent = connection->head_count = 0;
    connection->phase = SENDING;
    busy_count++;
    go_on_sending(connection);
}

static void end_request(Connection *connection) {
    busy_count--;
    tally.answered++;
    tally.statuses[connection->status > 0 && connection->status < STATUSES ? connection->status : 0]++;
    if (connection->status != 200) tally.other_status++;
    else if (connection->body.is_wrong) tally.broken++;
    TargetTally *target = &tally.targets[connection->target];
    target->answered++;
    if (interval && now < end && (now - start) / interval < MOST_INTERVALS)
        target->intervals[(now - start) / interval]++;
    if (now >= measured_from && now < end) tally.measured++;
    if (connection->due >= measured_from && connection->due < end) add_latency(&tally, now - connection->due);
    become_idle(connection);
    if (connection->closes) close_connection(connection);
}

/// Takes bytes of an answer; false if the connection cannot go on.
static bool take_answer(Connection *connection, const char *bytes, size_t count) {
    if (connection->phase == AWAITING_HEAD) {
        Head head;
        if (!read_head(&head, bytes, count)) {
            if (count > MOST_HEAD) return false;
            if (!connection->head) connection->head = allocate(1, MOST_HEAD);
            memmove(connection->head, bytes, count);
            connection->head_count = count;
            return true;
        }
        // No server has reason to send a body that ends with the connection.
        if (!head.has_body_length && !head.is_chunked) return false;
        connection->head_count = 0;
        connection->status = head.status;
        connection->closes = head.closes;
        connection->body = begin_body(head.is_chunked, head.body_length);
        connection->phase = AWAITING_BODY;
        bytes += head.length;
        count -= head.length;
    }
    if (connection->phase != AWAITING_BODY) return false;
    if (!take_body(&connection->body, bytes, count, document, document_length)) return false;
    if (connection->body.phase == BODY_WHOLE) end_request(connection);
    return true;
}

static void receive(Connection *connection) {
    for (;;) {
        size_t held = connection->head_count;
        if (held) memcpy(received, connection->head, held);
        ssize_t count = channel_read(&connection->channel, received + held, RECEIVE_SIZE - held);
        if (count == CHANNEL_WAITS) return;
        if (count == CHANNEL_ENDED) return close_connection(connection);
        // An answer before the request was sent is a refusal; nothing of it can be measured.
        if (!take_answer(connection, received, held + count)) return close_connection(connection);
        // What a TLS session has decrypted already raises no event any more.
        bool may_have_more = connection->channel.session || (size_t)count == RECEIVE_SIZE - held;
        if (!may_have_more || connection->phase == CLOSED) return;
    }
}

static void establish(Connection *connection) {
    ssize_t result = channel_establish(&connection->channel);
    if (result == CHANNEL_ENDED) return close_connection(connection);
    // A handshake goes on when the server has written.
    watch_writing(connection, false);
    if (result == CHANNEL_WAITS) return;
    connecting_count--;
    become_idle(connection);
}

static void handle(struct epoll_event *event) {
    Connection *connection = event->data.ptr;
    if (connection->phase == CLOSED) return;
    if (connection->phase == CONNECTING) return establish(connection);
    if (connection->phase == SENDING && event->events & EPOLLOUT) go_on_sending(connection);
    if (connection->phase != CLOSED && event->events & ~(uint32_t)EPOLLOUT) receive(connection);
}

/// Opens what is closed and whose time has come, a limited number at once; returns when to look again.
static int64_t reopen(void) {
    static int64_t next;
    if (next > now) return next;
    next = now + RETRY_AFTER;
    for (int index = 0; index < connection_count && connecting_count < MOST_CONNECTING; index++)
        if (connections[index].phase == CLOSED && connections[index].due <= now) open_connection(&connections[index]);
    if (connecting_count == MOST_CONNECTING) next = now + MILLISECOND;
    return next;
}

static void wait_and_handle(int64_t until) {
    struct epoll_event events[EVENTS_PER_WAIT];
    int64_t look = reopen();
    int found = wait_for_events(poller, events, EVENTS_PER_WAIT, look < until ? look : until);
    now = clock_now();
    for (int index = 0; index < found; index++) handle(&events[index]);
}

static void connect_all(void) {
    now = clock_now();
    int64_t limit = now + START_LIMIT;
    for (;;) {
        int idle = 0;
        for (int index = 0; index < connection_count; index++) idle += connections[index].phase == IDLE;
        if (idle == connection_count) break;
        if (now > limit) {
            fprintf(stderr, "%d of %d connections could be opened\n", idle, connection_count);
            exit(3);
        }
        wait_and_handle(now + RETRY_AFTER);
    }
    // What was refused before all servers were there is no matter of theirs.
    tally.refused = 0;
}

static void run(double rate) {
    double step = rate > 0 ? 1e9 / rate : 0;
    uint64_t sent = 0;
    while (now < end) {
        int64_t due = rate > 0 ? start + (int64_t)((double)sent * step) : now;
        Connection *connection;
        while (due <= now && due < end && (connection = take_idle())) {
            begin_request(connection, due);
            sent++;
            if (rate > 0) due = start + (int64_t)((double)sent * step);
        }
        wait_and_handle(rate > 0 && first_idle && due < end ? due : end);
    }
    double all = rate > 0 ? (double)(end - start) / step : 0;
    tally.unsent = all > (double)sent + 1 ? (uint64_t)(all - (double)sent) : 0;
    while (busy_count && now < end + END_LIMIT) wait_and_handle(end + END_LIMIT);
    tally.lost += busy_count;
}

int main(int count, char **arguments) {
    int64_t warmup = 0, measure = 0;
    double rate = 0;
    signal(SIGPIPE, SIG_IGN);
    // The kernel may else round waits up by 50 microseconds.
    prctl(PR_SET_TIMERSLACK, 1000UL);
    raise_file_limit();
    for (int index = 1; index < count; index++) {
        const char *option = arguments[index];
        if (!strcmp(option, "--tls")) {
            tls = make_tls_context();
            continue;
        }
        if (++index == count) refuse(option);
        const char *value = arguments[index];
        if (!strcmp(option, "--to") && target_count < MOST_TARGETS) targets[target_count++] = parse_address(value);
        else if (!strcmp(option, "--request")) request = read_file(value, &request_length);
        else if (!strcmp(option, "--connections")) connection_count = atoi(value);
        else if (!strcmp(option, "--warmup-ms")) warmup = atoll(value) * MILLISECOND;
        else if (!strcmp(option, "--measure-ms")) measure = atoll(value) * MILLISECOND;
        else if (!strcmp(option, "--interval-ms")) interval = atoll(value) * MILLISECOND;
        else if (!strcmp(option, "--rate")) rate = atof(value);
        else if (!strcmp(option, "--answer") && (document_length = atol(value)) >= LEAST_DOCUMENT)
            document = make_document(document_length);
        else refuse(option);
    }
    if (!target_count || !request_length || connection_count < 1 || measure < 1) refuse("these options");
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = allocate(connection_count, sizeof *connections);
    for (int index = 0; index < connection_count; index++) connections[index].target = index % target_count;
    connect_all();
    printf("ready\n");
    fflush(stdout);
    if (input_has_ended()) return 1;
    start = now = clock_now();
    measured_from = start + warmup;
    end = measured_from + measure;
    run(rate);
    print_tally(&tally, (double)measure / 1e9, target_count, interval ? (int)((end - start) / interval) : 0);
    while (!input_has_ended()) continue;
    return 0;
}
