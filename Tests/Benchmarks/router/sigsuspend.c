// Preloaded into a program that runs under valgrind: valgrind changes the mask of a sigsuspend where the program keeps
// it, and Swift's runtime keeps its own where nothing can be written. This one passes a copy.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, _NSIG / 8);
}
