// The body of an answer, by its length or in chunks without trailers, held against the document it should be.
#pragma once
#include "net.h"

typedef enum { CHUNK_SIZE, BODY_DATA, CHUNK_END, LAST_LINE, BODY_WHOLE } BodyPhase;

typedef struct {
    BodyPhase phase;
    bool is_chunked, has_digits, is_wrong;
    /// Bytes that the body, or its present chunk, still has.
    uint64_t left;
    /// Bytes of the document that have come.
    size_t count;
} Body;

static inline Body begin_body(bool is_chunked, uint64_t length) {
    BodyPhase phase = is_chunked ? CHUNK_SIZE : length ? BODY_DATA : BODY_WHOLE;
    return (Body){.phase = phase, .is_chunked = is_chunked, .left = is_chunked ? 0 : length};
}

static inline int hexadecimal_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/// Takes one byte of a chunk's framing; false if it has no place there.
static inline bool take_framing(Body *body, char byte) {
    if (byte == '\r') return true;
    if (byte == '\n') {
        if (body->phase == LAST_LINE) body->phase = BODY_WHOLE;
        else if (body->phase == CHUNK_END) body->phase = CHUNK_SIZE;
        else if (body->has_digits) body->phase = body->left ? BODY_DATA : LAST_LINE;
        else return false;
        body->has_digits = false;
        return true;
    }
    int digit = body->phase == CHUNK_SIZE ? hexadecimal_digit(byte) : -1;
    if (digit < 0 || body->left >> 32) return false;
    body->left = body->left << 4 | digit;
    body->has_digits = true;
    return true;
}

/// Takes bytes that must all be the body's; false if they are not. Without a document, any content will do.
static inline bool take_body(Body *body, const char *bytes, size_t count, const char *document, size_t length) {
    while (count) {
        if (body->phase == BODY_WHOLE) return false;
        if (body->phase != BODY_DATA) {
            if (!take_framing(body, *bytes)) return false;
            bytes++;
            count--;
            continue;
        }
        size_t taken = count < body->left ? count : body->left;
        if (document && (body->count + taken > length || memcmp(bytes, document + body->count, taken)))
            body->is_wrong = true;
        body->count += taken;
        body->left -= taken;
        bytes += taken;
        count -= taken;
        if (!body->left) body->phase = body->is_chunked ? CHUNK_END : BODY_WHOLE;
    }
    if (body->phase == BODY_WHOLE && document && body->count != length) body->is_wrong = true;
    return true;
}
