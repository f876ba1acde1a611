// The JSON document that stub replicas answer with, so that a load can tell whether it came back whole.
#pragma once
#include "net.h"

enum { LEAST_DOCUMENT = 30 };

static inline char *make_document(size_t size) {
    static const char start[] = "{\"values\":[0.25],\"text\":\"", end[] = "\"}";
    char *document = allocate(1, size);
    memset(document, 'a', size);
    memcpy(document, start, sizeof start - 1);
    memcpy(document + size - 2, end, 2);
    return document;
}
