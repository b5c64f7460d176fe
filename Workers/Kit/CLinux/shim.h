#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// What Swift's Glibc module leaves out: calls with variable arguments, calls behind _GNU_SOURCE, macros, and fork.
// Every descriptor that is made here is closed at an exec.

static inline int ruche_memory_file(const char *name) { return (int) syscall(SYS_memfd_create, name, 1U); }

static inline int ruche_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int ruche_pipe(int ends[2]) { return (int) syscall(SYS_pipe2, ends, O_CLOEXEC); }

static inline int ruche_socket_pair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
}

// The clock that goes on while the machine sleeps.
static inline int ruche_boot_timer(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC); }

static inline int ruche_set_timer(int timer, int64_t nanoseconds)
{
    struct itimerspec moment = {.it_value = {nanoseconds / 1000000000, nanoseconds % 1000000000}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &moment, NULL);
}

// Readable when a child has died. Every signal is blocked from now on.
static inline int ruche_child_signals(void)
{
    sigset_t all, children;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    return signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
}

// Orphans below this process become its children.
static inline int ruche_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// Closes every descriptor from this one on.
static inline int ruche_close_from(unsigned int first) { return (int) syscall(SYS_close_range, first, ~0U, 0U); }

static inline long ruche_random(void *bytes, size_t count) { return syscall(SYS_getrandom, bytes, count, 0U); }

static inline int ruche_is_in_memory(int descriptor)
{
    struct statfs status;
    return fstatfs(descriptor, &status) == 0 && (status.f_type == 0x01021994 || status.f_type == 0x858458f6);
}

// A child that is dead and not yet reaped; 0 when all of them live, -1 when there is none.
static inline pid_t ruche_dead_child(void)
{
    siginfo_t information = {.si_pid = 0};
    if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) < 0) return -1;
    return information.si_pid;
}

#define RUCHE_DESCRIPTORS 4

// One message, with the descriptors that go with it.
static inline ssize_t ruche_send(int socket, const void *bytes, size_t count, const int *descriptors, int number)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * RUCHE_DESCRIPTORS)];
    } control;
    struct iovec part = {(void *) bytes, count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (number > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t) number);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t) number);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t) number);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static inline ssize_t ruche_receive(int socket, void *bytes, size_t count, int *descriptors, int *number)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * RUCHE_DESCRIPTORS)];
    } control;
    struct iovec part = {bytes, count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *number = 0;
    ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        *number = (int) ((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors, CMSG_DATA(header), sizeof(int) * (size_t) *number);
    }
    return received;
}

struct ruche_launch {
    const char *path;
    const char *directory;
    char *const *arguments;
    char *const *environment;
    int input;
    int output;
    int errors;
    // Gets two ints, the stage and errno, when the program does not start; closed by its start.
    int report;
};

enum { RUCHE_STAGE_CHILD = 1, RUCHE_STAGE_DIRECTORY = 2, RUCHE_STAGE_PROGRAM = 3 };

// Starts a program, in a session and a process group of its own, that dies with the caller. Returns its id, or -1. The
// caller has one thread. Between fork and exec only what a signal handler may call is called.
static inline pid_t ruche_launch(const struct ruche_launch *launch)
{
    pid_t parent = getpid();
    pid_t id = fork();
    if (id != 0) return id;

    int report[2] = {RUCHE_STAGE_CHILD, 0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) goto failed;
    if (getppid() != parent) _exit(127);
    if (setsid() < 0) goto failed;
    if (dup2(launch->input, 0) < 0 || dup2(launch->output, 1) < 0 || dup2(launch->errors, 2) < 0) goto failed;
    syscall(SYS_close_range, 3U, ~0U, 4U);
    // By the kernel's own call: the library keeps two signals for itself, and leaves them ignored in what it starts.
    uint64_t by_default[4] = {0};
    for (int number = 1; number < 65; number++) syscall(SYS_rt_sigaction, number, by_default, NULL, 8UL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    report[0] = RUCHE_STAGE_DIRECTORY;
    if (chdir(launch->directory) < 0) goto failed;
    report[0] = RUCHE_STAGE_PROGRAM;
    execve(launch->path, launch->arguments, launch->environment);
failed:
    report[1] = errno;
    (void) !write(launch->report, report, sizeof report);
    _exit(127);
}

// Becomes readable when the process dies.
static inline int ruche_process_descriptor(pid_t id) { return (int) syscall(SYS_pidfd_open, id, 0U); }
