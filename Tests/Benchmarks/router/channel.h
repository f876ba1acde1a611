// A byte channel to a server: a non-blocking socket, with TLS over it where that is asked for.
#pragma once
#include "net.h"
#include <openssl/ssl.h>

typedef struct {
    int descriptor;
    SSL *session;
} Channel;

/// What a read or write came to, where it is not a number of bytes.
enum { CHANNEL_ENDED = 0, CHANNEL_WAITS = -1 };

/// For a client that measures: any certificate will do.
static inline SSL_CTX *make_tls_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) fail("SSL_CTX_new");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    return context;
}

/// Begins to connect; false if the server refuses at once.
static inline bool channel_open(Channel *channel, const Address *address, SSL_CTX *tls) {
    channel->session = NULL;
    channel->descriptor = open_socket(address, SOCK_NONBLOCK);
    if (channel->descriptor < 0) fail("socket");
    send_at_once(channel->descriptor, address);
    // A unix socket whose line of connections is full says EAGAIN, and is tried again like one that refuses.
    if (connect(channel->descriptor, &address->name.any, address->length) && errno != EINPROGRESS) {
        close(channel->descriptor);
        channel->descriptor = -1;
        return false;
    }
    if (!tls) return true;
    channel->session = SSL_new(tls);
    if (!channel->session || !SSL_set_fd(channel->session, channel->descriptor)) fail("SSL_new");
    SSL_set_connect_state(channel->session);
    return true;
}

static inline void channel_close(Channel *channel) {
    if (channel->session) SSL_free(channel->session);
    close(channel->descriptor);
    *channel = (Channel){.descriptor = -1};
}

static inline ssize_t tls_result(Channel *channel, int result) {
    if (result > 0) return result;
    int cause = SSL_get_error(channel->session, result);
    return cause == SSL_ERROR_WANT_READ || cause == SSL_ERROR_WANT_WRITE ? CHANNEL_WAITS : CHANNEL_ENDED;
}

/// After the socket became writable: positive once bytes can be sent.
static inline ssize_t channel_establish(Channel *channel) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(channel->descriptor, SOL_SOCKET, SO_ERROR, &error, &length) || error) return CHANNEL_ENDED;
    return channel->session ? tls_result(channel, SSL_do_handshake(channel->session)) : 1;
}

static inline ssize_t channel_write(Channel *channel, const char *bytes, size_t count) {
    if (channel->session) return tls_result(channel, SSL_write(channel->session, bytes, (int)count));
    ssize_t sent = send(channel->descriptor, bytes, count, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return errno == EAGAIN ? CHANNEL_WAITS : CHANNEL_ENDED;
}

static inline ssize_t channel_read(Channel *channel, char *bytes, size_t count) {
    if (channel->session) return tls_result(channel, SSL_read(channel->session, bytes, (int)count));
    ssize_t received = recv(channel->descriptor, bytes, count, 0);
    if (received >= 0) return received;
    return errno == EAGAIN ? CHANNEL_WAITS : CHANNEL_ENDED;
}
