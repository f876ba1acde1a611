#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confine.h"

void fail(const char *format, ...) {
    int number = errno;
    va_list arguments;
    va_start(arguments, format);
    fputs("sluice-confine: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (number != 0) fprintf(stderr, ": %s", strerror(number));
    fputc('\n', stderr);
    exit(125);
}

unsigned long long number(const char *text, const char *option) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || *text == '-') {
        errno = 0;
        fail("%s: '%s' is not a number", option, text);
    }
    return value;
}
