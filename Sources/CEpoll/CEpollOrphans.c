#define _GNU_SOURCE
#include "CEpoll.h"
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

// The kernel's list of sockets, sock_diag(7): needs no privilege, and shows the own network namespace only.

/// What was found of one server: whether it listens here, and how many of its connections have lost their client.
typedef struct {
    int listens;
    int orphans;
} Found;

typedef void (*Visit)(const struct nlmsghdr *message, const void *wanted, Found *found);

static int dump(const void *request, size_t length, const void *wanted, Visit visit, Found *found) {
    int diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diag < 0) return -1;
    struct timeval patience = {.tv_sec = 1};
    setsockopt(diag, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct {
        struct nlmsghdr header;
        char body[128];
    } message = {.header = {.nlmsg_len = NLMSG_LENGTH(length),
                            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    memcpy(NLMSG_DATA(&message.header), request, length);
    int result = -1;
    if (send(diag, &message, message.header.nlmsg_len, 0) < 0) goto end;
    for (;;) {
        _Alignas(struct nlmsghdr) char buffer[32768];
        ssize_t count = recv(diag, buffer, sizeof buffer, 0);
        if (count <= 0) goto end;
        for (struct nlmsghdr *each = (struct nlmsghdr *)buffer; NLMSG_OK(each, count); each = NLMSG_NEXT(each, count)) {
            if (each->nlmsg_type == NLMSG_DONE) {
                result = 0;
                goto end;
            }
            if (each->nlmsg_type == NLMSG_ERROR) goto end;
            visit(each, wanted, found);
        }
    }
end:
    close(diag);
    return result;
}

static void visitUnix(const struct nlmsghdr *message, const void *wanted, Found *found) {
    const struct unix_diag_msg *socket = NLMSG_DATA(message);
    int length = message->nlmsg_len - NLMSG_LENGTH(sizeof *socket);
    const char *path = wanted;
    int isNamed = 0, isShut = 0;
    for (struct rtattr *each = (struct rtattr *)(socket + 1); RTA_OK(each, length); each = RTA_NEXT(each, length)) {
        if (each->rta_type == UNIX_DIAG_NAME) {
            size_t size = RTA_PAYLOAD(each);
            isNamed = strnlen(RTA_DATA(each), size) == strlen(path) && memcmp(RTA_DATA(each), path, strlen(path)) == 0;
        } else if (each->rta_type == UNIX_DIAG_SHUTDOWN) {
            isShut = *(const uint8_t *)RTA_DATA(each) != 0;
        }
    }
    if (!isNamed) return;
    if (socket->udiag_state == TCP_LISTEN) found->listens = 1;
    else if (isShut) found->orphans++;
}

static void visitInternet(const struct nlmsghdr *message, const void *wanted, Found *found) {
    const struct inet_diag_msg *socket = NLMSG_DATA(message);
    if (ntohs(socket->id.idiag_sport) != *(const uint16_t *)wanted) return;
    if (socket->idiag_state == TCP_LISTEN) found->listens = 1;
    if (socket->idiag_state == TCP_CLOSE_WAIT) found->orphans++;
}

static int answer(int result, const Found *found) {
    return result == 0 && found->listens ? found->orphans : -1;
}

int CEpollOrphansOfPath(const char *path) {
    struct unix_diag_req request = {
        .sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX, .udiag_show = UDIAG_SHOW_NAME};
    Found found = {0};
    return answer(dump(&request, sizeof request, path, visitUnix, &found), &found);
}

int CEpollOrphansOfPort(int family, uint16_t port) {
    struct inet_diag_req_v2 request = {
        .sdiag_family = family,
        .sdiag_protocol = IPPROTO_TCP,
        .idiag_states = 1 << TCP_LISTEN | 1 << TCP_CLOSE_WAIT,
        .id = {.idiag_sport = htons(port)}};
    Found found = {0};
    return answer(dump(&request, sizeof request, &port, visitInternet, &found), &found);
}
