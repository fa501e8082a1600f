/*
 * Tries what a program would try to get out of its container, each attempt in a process of its own, and prints one line
 * for each: its name, and "done", the name of the error, or "killed". Arguments are such that an attempt that is let
 * through harms nothing: no such file, no such module, a wrong magic number.
 * Built and run by scripts/deployment/escapes.mjs: gcc -static -o escapes escapes.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOWHERE "/no/such/place"
#define TRY(name, call) static long try_##name(void) { return call; }

static char scratch[256];
static struct iovec piece = {scratch, sizeof scratch};
static struct timespec never = {-1, -1};

/* Of a process started with these flags nobody needs more than that it was. */
static long started(long pid) {
  if (pid == 0) _exit(0);
  return pid;
}

static long with_clone3(unsigned long flags) {
  struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
  return started(syscall(SYS_clone3, &args, sizeof args));
}

static long with_bpf(void) {
  union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
  return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
}

static long with_perf(void) {
  struct perf_event_attr event = {
      .type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_CPU_CLOCK, .exclude_kernel = 1};
  return syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
}

static long with_handle(void) {
  struct { struct file_handle handle; char bytes[128]; } named = {.handle = {.handle_bytes = 128}};
  int id;
  return syscall(SYS_name_to_handle_at, AT_FDCWD, "/proc/self", &named, &id, 0);
}

static long by_handle(void) {
  struct { struct file_handle handle; char bytes[8]; } forged = {.handle = {.handle_bytes = 8, .handle_type = 1}};
  return syscall(SYS_open_by_handle_at, AT_FDCWD, &forged, O_RDONLY);
}

static long into_namespace(void) {
  int own = open("/proc/self/ns/uts", O_RDONLY);
  return syscall(SYS_setns, own, CLONE_NEWUTS);
}

static long with_sysv_memory(void) {
  long id = syscall(SYS_shmget, 0, 4096, 01000 | 0600);
  if (id >= 0) syscall(SYS_shmctl, id, 0, NULL);
  return id;
}

TRY(mount, syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, ""))
TRY(umount2, syscall(SYS_umount2, NOWHERE, 0))
TRY(pivot_root, syscall(SYS_pivot_root, NOWHERE, NOWHERE))
TRY(chroot, syscall(SYS_chroot, "/tmp"))
TRY(open_tree, syscall(SYS_open_tree, AT_FDCWD, "/", 0))
TRY(move_mount, syscall(SYS_move_mount, -1, "", -1, "", 0))
TRY(fsopen, syscall(SYS_fsopen, "tmpfs", 0))
TRY(fspick, syscall(SYS_fspick, AT_FDCWD, NOWHERE, 0))
TRY(fsmount, syscall(SYS_fsmount, -1, 0, 0))
TRY(unshare_user, syscall(SYS_unshare, CLONE_NEWUSER))
TRY(unshare_mount, syscall(SYS_unshare, CLONE_NEWNS))
TRY(setns, into_namespace())
TRY(clone_user, started(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)))
TRY(clone_network, started(syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0)))
TRY(clone3_user, with_clone3(CLONE_NEWUSER))
TRY(ptrace, syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0))
TRY(process_vm_readv, syscall(SYS_process_vm_readv, getpid(), &piece, 1, &piece, 1, 0))
TRY(process_vm_writev, syscall(SYS_process_vm_writev, getpid(), &piece, 1, &piece, 1, 0))
TRY(pidfd_getfd, syscall(SYS_pidfd_getfd, -1, 0, 0))
TRY(kcmp, syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0))
TRY(keyctl, syscall(SYS_keyctl, 0, -2, 1))
TRY(add_key, syscall(SYS_add_key, "user", "escape", "x", 1, -2))
TRY(request_key, syscall(SYS_request_key, "user", "escape", NULL, 0))
TRY(bpf, with_bpf())
TRY(perf_event_open, with_perf())
TRY(userfaultfd, syscall(SYS_userfaultfd, 1))
TRY(io_uring_setup, syscall(SYS_io_uring_setup, 1, memset(scratch, 0, sizeof scratch)))
TRY(fanotify_init, syscall(SYS_fanotify_init, 0, O_RDONLY))
TRY(socket_raw, socket(AF_INET, SOCK_RAW, 1))
TRY(socket_raw_6, socket(AF_INET6, SOCK_RAW, 58))
TRY(socket_ping, socket(AF_INET, SOCK_DGRAM, 1))
TRY(socket_packet, socket(AF_PACKET, SOCK_DGRAM, 0))
TRY(socket_netfilter, socket(AF_NETLINK, SOCK_RAW, 12))
TRY(socket_crypto, socket(AF_ALG, SOCK_SEQPACKET, 0))
TRY(socket_vsock, socket(AF_VSOCK, SOCK_STREAM, 0))
TRY(kexec_load, syscall(SYS_kexec_load, 0, 0, NULL, ~0UL))
TRY(kexec_file_load, syscall(SYS_kexec_file_load, -1, -1, 0, "", ~0UL))
TRY(init_module, syscall(SYS_init_module, scratch, sizeof scratch, ""))
TRY(finit_module, syscall(SYS_finit_module, -1, "", 0))
TRY(delete_module, syscall(SYS_delete_module, "no_such_module", O_NONBLOCK))
TRY(reboot, syscall(SYS_reboot, 0, 0, 0, NULL))
TRY(swapon, syscall(SYS_swapon, NOWHERE, 0))
TRY(swapoff, syscall(SYS_swapoff, NOWHERE))
TRY(acct, syscall(SYS_acct, NOWHERE))
TRY(quotactl, syscall(SYS_quotactl, 0, NOWHERE, 0, NULL))
TRY(syslog, syscall(SYS_syslog, 10, NULL, 0))
TRY(settimeofday, syscall(SYS_settimeofday, NULL, NULL))
TRY(clock_settime, syscall(SYS_clock_settime, 0, &never))
TRY(sethostname, syscall(SYS_sethostname, "escaped", 7))
TRY(open_by_handle_at, by_handle())
TRY(name_to_handle_at, with_handle())
TRY(mknod_device, syscall(SYS_mknodat, AT_FDCWD, "/tmp/escape", S_IFCHR | 0600, 0x103))
TRY(personality, syscall(SYS_personality, 0x0040000))
TRY(capset, syscall(SYS_capset, NULL, NULL))
TRY(setuid, syscall(SYS_setuid, 0))
TRY(shmget, with_sysv_memory())
TRY(terminal_input, ioctl(0, TIOCSTI, "x"))
#ifdef __x86_64__
TRY(iopl, syscall(SYS_iopl, 3))
TRY(ioperm, syscall(SYS_ioperm, 0x80, 1, 1))
TRY(modify_ldt, syscall(SYS_modify_ldt, 0, scratch, sizeof scratch))
/* getpid of the 32-bit list, which a filter for 64 bits alone would let through. */
static long try_call_of_32_bits(void) {
  long answer;
  __asm__ volatile("int $0x80" : "=a"(answer) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
  return answer;
}
#endif

#define ROW(name) {#name, try_##name}
static const struct { const char *name; long (*attempt)(void); } attempts[] = {
    ROW(mount), ROW(umount2), ROW(pivot_root), ROW(chroot), ROW(open_tree), ROW(move_mount), ROW(fsopen), ROW(fspick),
    ROW(fsmount), ROW(unshare_user), ROW(unshare_mount), ROW(setns), ROW(clone_user), ROW(clone_network),
    ROW(clone3_user), ROW(ptrace), ROW(process_vm_readv), ROW(process_vm_writev), ROW(pidfd_getfd), ROW(kcmp),
    ROW(keyctl), ROW(add_key), ROW(request_key), ROW(bpf), ROW(perf_event_open), ROW(userfaultfd), ROW(io_uring_setup),
    ROW(fanotify_init), ROW(socket_raw), ROW(socket_raw_6), ROW(socket_ping), ROW(socket_packet), ROW(socket_netfilter),
    ROW(socket_crypto), ROW(socket_vsock), ROW(kexec_load), ROW(kexec_file_load), ROW(init_module), ROW(finit_module),
    ROW(delete_module), ROW(reboot), ROW(swapon), ROW(swapoff), ROW(acct), ROW(quotactl), ROW(syslog),
    ROW(settimeofday), ROW(clock_settime), ROW(sethostname), ROW(open_by_handle_at), ROW(name_to_handle_at),
    ROW(mknod_device), ROW(personality), ROW(capset), ROW(setuid), ROW(shmget), ROW(terminal_input),
#ifdef __x86_64__
    ROW(iopl), ROW(ioperm), ROW(modify_ldt), ROW(call_of_32_bits),
#endif
};

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
      long answer = attempts[i].attempt();
      _exit(answer == -1 ? errno : 0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return 1;
    const char *told = WIFSIGNALED(status) ? "killed" : WEXITSTATUS(status) == 0 ? "done" : strerrorname_np(WEXITSTATUS(status));
    printf("%s %s\n", attempts[i].name, told);
  }
  return 0;
}
