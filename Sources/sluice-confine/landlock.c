// Landlock (kernel documentation, userspace-api/landlock). The constants stand here because headers lag behind kernels.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"

struct ruleset_attribute {
    uint64_t handled_files;
    uint64_t handled_network;
    uint64_t scoped;
};

struct path_attribute {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

enum {
    FS_EXECUTE = 1 << 0, FS_WRITE_FILE = 1 << 1, FS_READ_FILE = 1 << 2, FS_READ_DIR = 1 << 3,
    FS_MAKE_CHAR = 1 << 6, FS_MAKE_BLOCK = 1 << 11,
    FS_REFER = 1 << 13, FS_TRUNCATE = 1 << 14, FS_IOCTL_DEV = 1 << 15,
    FS_VERSION_1 = (1 << 13) - 1,
    FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
    SCOPE_ABSTRACT_SOCKETS = 1 << 0, SCOPE_SIGNALS = 1 << 1,
    RULE_PATH_BENEATH = 1, CREATE_VERSION = 1,
};

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

int landlock_version(void) {
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
    return version < 0 ? 0 : (int)version;
}

static uint64_t handled_files(int version) {
    uint64_t rights = FS_VERSION_1;
    if (version >= 2) rights |= FS_REFER;
    if (version >= 3) rights |= FS_TRUNCATE;
    if (version >= 5) rights |= FS_IOCTL_DEV;
    return rights;
}

static void allow(int ruleset, const char *path, uint64_t rights, int must_exist) {
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) {
        if (!must_exist && (errno == ENOENT || errno == EACCES || errno == ENOTDIR)) return;
        fail("could not open %s", path);
    }
    struct stat status;
    if (fstat(place, &status) != 0) fail("could not look at %s", path);
    if (!S_ISDIR(status.st_mode)) rights &= FS_OF_FILES;
    struct path_attribute rule = {.allowed = rights, .parent = place};
    if (syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0) fail("Landlock: rule for %s", path);
    close(place);
}

void restrict_self(struct paths reads, struct paths writes, struct paths devices, int is_scoped) {
    int version = landlock_version();
    int guards_files = reads.count + writes.count + devices.count > 0;
    if (version == 0 && guards_files) {
        errno = 0;
        fail("the kernel has no Landlock");
    }
    struct ruleset_attribute attribute = {0};
    if (guards_files) attribute.handled_files = handled_files(version);
    if (is_scoped && version >= 6) attribute.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
    if (attribute.handled_files == 0 && attribute.scoped == 0) return;
    size_t size = version >= 6 ? sizeof attribute : version >= 4 ? 16 : 8;
    int ruleset = (int)syscall(__NR_landlock_create_ruleset, &attribute, size, 0);
    if (ruleset < 0) fail("Landlock: rules");
    uint64_t handled = attribute.handled_files;
    uint64_t reading = (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR) & handled;
    uint64_t writing = handled & ~(uint64_t)(FS_MAKE_CHAR | FS_MAKE_BLOCK);
    for (size_t index = 0; index < reads.count; index++) allow(ruleset, reads.items[index], reading, 0);
    for (size_t index = 0; index < writes.count; index++) allow(ruleset, writes.items[index], writing, 1);
    uint64_t using = (FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV) & handled;
    for (size_t index = 0; index < devices.count; index++) allow(ruleset, devices.items[index], using, 0);
    if (syscall(__NR_landlock_restrict_self, ruleset, 0) != 0) fail("Landlock");
    close(ruleset);
}
