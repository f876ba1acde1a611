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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "confine.h"

extern char **environ;

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
