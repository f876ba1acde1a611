// As much of an HTTP/1.1 head as the benchmark's own messages need: length of the head, length of the body, status.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
    size_t length;
    uint64_t body_length;
    int status;
    bool has_body_length, is_chunked, closes;
} Head;

static inline void read_field(Head *head, const char *line) {
    if (!strncasecmp(line, "content-length:", 15)) {
        head->body_length = strtoull(line + 15, NULL, 10);
        head->has_body_length = true;
    } else if (!strncasecmp(line, "transfer-encoding: chunked", 26)) {
        head->is_chunked = true;
    } else if (!strncasecmp(line, "connection:", 11)) {
        const char *value = line + 11;
        while (*value == ' ') value++;
        head->closes = !strncasecmp(value, "close", 5);
    }
}

/// Reads the head that begins at `bytes`; false if its end is not there yet.
static inline bool read_head(Head *head, const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) return false;
    *head = (Head){.length = end + 4 - bytes};
    if (count > 12 && !memcmp(bytes, "HTTP/1.1 ", 9)) head->status = atoi(bytes + 9);
    // Every line ends before `end` + 2, so a field is never read past the head.
    for (const char *line = bytes; line < end;) {
        line = (const char *)memchr(line, '\n', end + 2 - line) + 1;
        if (line < end) read_field(head, line);
    }
    return true;
}
