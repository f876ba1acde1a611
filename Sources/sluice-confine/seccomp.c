// seccomp (seccomp(2)): a list of what is refused, with the error of a kernel that does not allow or know it.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "confine.h"

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

void filter(int has_unix_sockets, int is_same_account) {
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
