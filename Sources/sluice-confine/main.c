// sluice-confine: restricts its own process, then executes a program in it.
//
//   sluice-confine [OPTION]... -- PROGRAM [ARGUMENT]...
//
//   --record FILE        writes the process id into FILE, before the account changes
//   --join FILE          enters the control group whose cgroup.procs FILE is; says so on standard error where it can't
//   --account UID:GID    runs as this account, without supplementary groups (needs root)
//   --ignore-terminate   ignores SIGTERM, so that a parent stays until its child has ended; PROGRAM inherits it
//   --environment FD     has the variables that the file FD holds, each ended by a zero byte, in place of its own. So what
//                        somebody else set, such as LD_PRELOAD, means nothing to the programs that confine
//   --listen             sets LISTEN_PID to the process id (sd_listen_fds(3))
//   --limit NAME=NUMBER  open-files, processes, file-size (bytes) or core (bytes); never above the present hard limit
//   --oom-score NUMBER   who the kernel ends first when memory runs out (proc(5), oom_score_adj)
//   --read PATH          Landlock: may be read and executed, with all below; one that is not there is left out
//   --write PATH         Landlock: may be read, executed and written, with all below
//   --device PATH        Landlock: may be read, written and controlled by ioctl(2); one that is not there is left out
//   --scope              Landlock: no signals and no abstract sockets out of the domain, where the kernel has that
//   --filter             seccomp: refuses system calls that a model server never needs
//   --no-unix-sockets    with --filter: no new unix sockets, because Landlock does not guard their paths
//   --same-account       with --filter: what Landlock does not guard from others of this account: changes of modes and owners
//                        seem to succeed and are not made, and those of other processes' priorities are refused
//   --subreaper          PROGRAM inherits what its descendants leave behind, so that all of it stays below PROGRAM
//   --landlock-version   prints the version of Landlock that the kernel has (0: none) and ends
//
// Without --ignore-terminate all signals are at their defaults again. Exit status 125 stands for a failure before PROGRAM
// began, with the reason on standard error.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *format, ...) {
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

static unsigned long long number(const char *text, const char *option) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || *text == '-') {
        errno = 0;
        fail("%s: '%s' is not a number", option, text);
    }
    return value;
}

// Landlock (kernel documentation, userspace-api/landlock). The constants stand here because headers lag behind kernels.

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

static int landlock_version(void) {
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

struct paths {
    const char **items;
    size_t count;
};

static void restrict_self(struct paths reads, struct paths writes, struct paths devices, int is_scoped) {
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

// seccomp (seccomp(2)): a list of what is refused, with the error of a kernel that does not allow or know it.

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "no list of system calls for this architecture"
#endif

static struct sock_filter program[512];
static unsigned short program_length;

static void emit(uint16_t code, uint8_t when_true, uint8_t when_false, uint32_t value) {
    if (program_length >= sizeof program / sizeof program[0]) {
        errno = 0;
        fail("the system call filter is too long");
    }
    program[program_length++] = (struct sock_filter){code, when_true, when_false, value};
}

static void load(size_t offset) { emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset); }
static void fail_with(uint32_t error) { emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error); }
static void load_number(void) { load(offsetof(struct seccomp_data, nr)); }

// The lower half of an argument: flags, families and modes are no longer than that.
static void load_argument(int index) { load(offsetof(struct seccomp_data, args) + (size_t)index * 8); }

static void refuse(uint32_t call, uint32_t error) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call);
    fail_with(error);
}

// Refuses a call whose argument has one of the bits.
static void refuse_bits(uint32_t call, int argument, uint32_t bits, uint32_t error) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, call);
    load_argument(argument);
    emit(BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
    fail_with(error);
    load_number();
}

// Refuses a call whose argument, under a mask, has the value.
static void refuse_value(uint32_t call, int argument, uint32_t mask, uint32_t value, uint32_t error) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, call);
    load_argument(argument);
    emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    fail_with(error);
    load_number();
}

// Refuses a call unless its argument is one of the values.
static void allow_values(uint32_t call, int argument, const uint32_t *values, uint8_t count, uint32_t error) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(count + 3), call);
    load_argument(argument);
    for (uint8_t index = 0; index < count; index++) {
        emit(BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(count - index), 0, values[index]);
    }
    fail_with(error);
    load_number();
}

static const uint32_t refused[] = {
    // Others' memory and descriptors.
    __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_kcmp,
#ifdef __NR_pidfd_getfd
    __NR_pidfd_getfd,
#endif
#ifdef __NR_process_madvise
    __NR_process_madvise,
#endif
    // Mounts and namespaces.
    __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_unshare, __NR_setns, __NR_quotactl, __NR_swapon,
    __NR_swapoff, __NR_name_to_handle_at, __NR_open_by_handle_at, __NR_fanotify_init,
#ifdef __NR_open_tree
    __NR_open_tree, __NR_move_mount, __NR_fsopen, __NR_fsconfig, __NR_fsmount, __NR_fspick,
#endif
#ifdef __NR_mount_setattr
    __NR_mount_setattr,
#endif
    // The kernel itself.
    __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_init_module, __NR_finit_module, __NR_delete_module,
    __NR_kexec_load, __NR_reboot, __NR_acct, __NR_syslog, __NR_settimeofday, __NR_clock_settime, __NR_adjtimex,
    __NR_clock_adjtime, __NR_vhangup, __NR_nfsservctl, __NR_lookup_dcookie,
#ifdef __NR_kexec_file_load
    __NR_kexec_file_load,
#endif
#ifdef __NR_iopl
    __NR_iopl, __NR_ioperm, __NR_uselib, __NR_modify_ldt,
#endif
#ifdef __NR_io_uring_setup
    __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register,
#endif
    // What accounts share beside files: key rings, and memory, queues and semaphores of System V.
    __NR_add_key, __NR_request_key, __NR_keyctl, __NR_shmget, __NR_shmat, __NR_shmctl, __NR_msgget, __NR_msgctl,
    __NR_semget, __NR_semctl,
};

// Changes of modes, owners, times and attributes are accepted and not made.
static const uint32_t metadata[] = {
#ifdef __NR_chmod
    __NR_chmod, __NR_chown, __NR_lchown, __NR_utime, __NR_utimes, __NR_futimesat,
#endif
    __NR_utimensat,
    __NR_fchmod, __NR_fchmodat, 452 /* fchmodat2 */, __NR_fchown, __NR_fchownat, __NR_setxattr, __NR_lsetxattr,
    __NR_fsetxattr, __NR_removexattr, __NR_lremovexattr, __NR_fremovexattr,
};

// Before its third version Landlock does not guard the length of files, where no descriptor for writing is needed.
static void keep_lengths(void) {
    refuse(__NR_truncate, EPERM);
    refuse(437 /* openat2: its flags lie in memory */, ENOSYS);
#ifdef __NR_open
    refuse_value(__NR_open, 1, O_ACCMODE | O_TRUNC, O_TRUNC, EPERM);
#endif
    refuse_value(__NR_openat, 2, O_ACCMODE | O_TRUNC, O_TRUNC, EPERM);
}

static void filter(int has_unix_sockets, int is_same_account) {
    load(offsetof(struct seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, NATIVE);
    emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
    load_number();
#if defined(__x86_64__)
    // The second table of calls, of 32-bit pointers.
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000);
    fail_with(ENOSYS);
#endif
    for (size_t index = 0; index < sizeof refused / sizeof refused[0]; index++) refuse(refused[index], EPERM);
    // All CLONE_NEW… flags. The flags of clone3 lie in memory, where no filter sees them; the C library then takes clone.
    refuse_bits(__NR_clone, 0, 0x7e020000, EPERM);
    refuse(435 /* clone3 */, ENOSYS);
    // Unix, IPv4, IPv6, and netlink, which the resolver asks for addresses.
    const uint32_t families[] = {AF_INET, AF_INET6, AF_NETLINK, AF_UNIX};
    allow_values(__NR_socket, 0, families, has_unix_sockets ? 4 : 3, EAFNOSUPPORT);
    // A pair of datagram sockets may send to any path.
    if (!has_unix_sockets) refuse_value(__NR_socketpair, 1, 0xf, SOCK_DGRAM, EPERM);
    // Typing into a terminal, and pasting.
    refuse_value(__NR_ioctl, 1, 0xffffffff, 0x5412, EPERM);
    refuse_value(__NR_ioctl, 1, 0xffffffff, 0x541c, EPERM);
    // Limits of other processes.
    const uint32_t own[] = {0};
    allow_values(__NR_prlimit64, 0, own, 1, EPERM);
    if (!has_unix_sockets && landlock_version() < 3) keep_lengths();
    if (is_same_account) {
        for (size_t index = 0; index < sizeof metadata / sizeof metadata[0]; index++) refuse(metadata[index], 0);
        allow_values(__NR_setpriority, 1, own, 1, EPERM);
        allow_values(__NR_ioprio_set, 1, own, 1, EPERM);
        allow_values(__NR_sched_setaffinity, 0, own, 1, EPERM);
        allow_values(__NR_sched_setscheduler, 0, own, 1, EPERM);
        allow_values(__NR_sched_setparam, 0, own, 1, EPERM);
        allow_values(__NR_sched_setattr, 0, own, 1, EPERM);
    }
    // Files that lend their owner's account.
#ifdef __NR_chmod
    refuse_bits(__NR_chmod, 1, S_ISUID | S_ISGID, EPERM);
#endif
    refuse_bits(__NR_fchmod, 1, S_ISUID | S_ISGID, EPERM);
    refuse_bits(__NR_fchmodat, 2, S_ISUID | S_ISGID, EPERM);
    refuse_bits(452 /* fchmodat2 */, 2, S_ISUID | S_ISGID, EPERM);
    emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
    struct sock_fprog code = {program_length, program};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code, 0, 0) != 0) fail("seccomp");
}

// Everything else.

static void record(const char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 || dprintf(file, "%d\n", getpid()) < 0 || close(file) != 0) fail("could not write %s", path);
}

static void join_group(const char *path) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1) {
        fprintf(stderr, "sluice-confine: no control group limits this replica: %s: %s\n", path, strerror(errno));
    }
    if (file >= 0) close(file);
}

static void become(const char *text) {
    const char *colon = strchr(text, ':');
    if (colon == NULL || colon == text) {
        errno = 0;
        fail("--account: '%s' is not UID:GID", text);
    }
    char *user_text = strndup(text, (size_t)(colon - text));
    uid_t user = (uid_t)number(user_text, "--account");
    gid_t group = (gid_t)number(colon + 1, "--account");
    free(user_text);
    if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0) {
        fail("could not become account %s", text);
    }
}

static void limit(const char *text) {
    static const struct {
        const char *name;
        int resource;
    } known[] = {
        {"open-files", RLIMIT_NOFILE}, {"processes", RLIMIT_NPROC}, {"file-size", RLIMIT_FSIZE}, {"core", RLIMIT_CORE}};
    for (size_t index = 0; index < sizeof known / sizeof known[0]; index++) {
        size_t length = strlen(known[index].name);
        if (strncmp(text, known[index].name, length) != 0 || text[length] != '=') continue;
        struct rlimit value;
        if (getrlimit(known[index].resource, &value) != 0) fail("%s", text);
        rlim_t wanted = (rlim_t)number(text + length + 1, "--limit");
        if (value.rlim_max != RLIM_INFINITY && wanted > value.rlim_max) wanted = value.rlim_max;
        value.rlim_cur = value.rlim_max = wanted;
        if (setrlimit(known[index].resource, &value) != 0) fail("%s", text);
        return;
    }
    errno = 0;
    fail("--limit: '%s' is not known", text);
}

static void raise_oom_score(const char *text) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    // A score below the present one is not ours to give; the present one will do.
    if (write(file, text, strlen(text)) < 0) errno = 0;
    close(file);
}

static void load_environment(const char *text) {
    int file = (int)number(text, "--environment");
    off_t size = lseek(file, 0, SEEK_END);
    if (size < 0) fail("--environment %s", text);
    char *data = calloc((size_t)size + 1, 1);
    size_t count = 0;
    for (off_t done = 0; done < size;) {
        ssize_t length = pread(file, data + done, (size_t)(size - done), done);
        if (length <= 0) fail("--environment %s", text);
        done += length;
    }
    close(file);
    for (off_t position = 0; position < size; position++) count += data[position] == 0;
    char **variables = calloc(count + 1, sizeof(char *));
    char *next = data;
    for (size_t index = 0; index < count; index++) {
        variables[index] = next;
        next += strlen(next) + 1;
    }
    environ = variables;
}

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int index = 1; index < NSIG; index++) signal(index, SIG_DFL);
}

int main(int count, char **arguments) {
    struct paths reads = {calloc((size_t)count, sizeof(char *)), 0};
    struct paths writes = {calloc((size_t)count, sizeof(char *)), 0};
    struct paths devices = {calloc((size_t)count, sizeof(char *)), 0};
    const char *limits[8];
    size_t limit_count = 0;
    const char *account = NULL, *record_file = NULL, *group = NULL, *variables = NULL, *oom_score = NULL;
    int ignores_terminate = 0, listens = 0, is_scoped = 0, is_filtered = 0, has_unix_sockets = 1;
    int is_same_account = 0, is_subreaper = 0;
    int index = 1;
    for (; index < count && strcmp(arguments[index], "--") != 0; index++) {
        const char *option = arguments[index];
        const char *value = index + 1 < count ? arguments[index + 1] : "";
        if (strcmp(option, "--landlock-version") == 0) {
            printf("%d\n", landlock_version());
            return 0;
        }
        if (strcmp(option, "--ignore-terminate") == 0) ignores_terminate = 1;
        else if (strcmp(option, "--listen") == 0) listens = 1;
        else if (strcmp(option, "--scope") == 0) is_scoped = 1;
        else if (strcmp(option, "--filter") == 0) is_filtered = 1;
        else if (strcmp(option, "--no-unix-sockets") == 0) has_unix_sockets = 0;
        else if (strcmp(option, "--same-account") == 0) is_same_account = 1;
        else if (strcmp(option, "--subreaper") == 0) is_subreaper = 1;
        else {
            if (strcmp(option, "--record") == 0) record_file = value;
            else if (strcmp(option, "--join") == 0) group = value;
            else if (strcmp(option, "--environment") == 0) variables = value;
            else if (strcmp(option, "--account") == 0) account = value;
            else if (strcmp(option, "--oom-score") == 0) oom_score = value;
            else if (strcmp(option, "--read") == 0) reads.items[reads.count++] = value;
            else if (strcmp(option, "--write") == 0) writes.items[writes.count++] = value;
            else if (strcmp(option, "--device") == 0) devices.items[devices.count++] = value;
            else if (strcmp(option, "--limit") == 0 && limit_count < sizeof limits / sizeof limits[0]) {
                limits[limit_count++] = value;
            } else {
                errno = 0;
                fail("'%s' is not an option", option);
            }
            index++;
        }
    }
    if (index + 1 >= count) {
        errno = 0;
        fail("no program is named");
    }
    char **program_arguments = arguments + index + 1;
    if (record_file != NULL) record(record_file);
    if (group != NULL) join_group(group);
    if (account != NULL) become(account);
    if (oom_score != NULL) raise_oom_score(oom_score);
    reset_signals();
    if (ignores_terminate) signal(SIGTERM, SIG_IGN);
    if (variables != NULL) load_environment(variables);
    if (listens) {
        char text[16];
        snprintf(text, sizeof text, "%d", getpid());
        if (setenv("LISTEN_PID", text, 1) != 0) fail("LISTEN_PID");
    }
    for (size_t position = 0; position < limit_count; position++) limit(limits[position]);
    if (is_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) fail("subreaper");
    int is_restricted = is_scoped || is_filtered || reads.count + writes.count + devices.count > 0;
    if (is_restricted && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no new privileges");
    restrict_self(reads, writes, devices, is_scoped);
    if (is_filtered) filter(has_unix_sockets, is_same_account);
    execve(program_arguments[0], program_arguments, environ);
    fail("could not start %s", program_arguments[0]);
}
