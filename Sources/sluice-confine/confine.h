#ifndef CONFINE_H
#define CONFINE_H

#include <stddef.h>

// Says why on standard error, with the text of errno where that is set, and ends the process with status 125.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The number that an option's value is; fails for any other value.
unsigned long long number(const char *text, const char *option);

struct paths {
    const char **items;
    size_t count;
};

// The version of Landlock that the kernel has; 0 for none.
int landlock_version(void);

// Restricts this process, and all that it starts, to these files; with `is_scoped` also its signals and abstract sockets.
void restrict_self(struct paths reads, struct paths writes, struct paths devices, int is_scoped);

// Refuses system calls that a model server never needs.
void filter(int has_unix_sockets, int is_same_account);

#endif
