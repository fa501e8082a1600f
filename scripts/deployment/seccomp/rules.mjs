/** What docker/seccomp.json says beyond what was recorded. Numbers are those of Linux, the same on both processors. */

/**
 * @param {string} comment
 * @param {string[]} names
 * @param {object[]} [args] conditions that all have to hold
 */
export const allowed = (comment, names, args) => ({ comment, names, action: 'SCMP_ACT_ALLOW', ...(args && { args }) });

const is = (index, value) => ({ index, value, op: 'SCMP_CMP_EQ' });
/** Of the bits of the mask in an argument. */
const bits = (index, mask, value) => ({ index, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' });

/** CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID and -NET; a time namespace is no flag of clone. */
const NAMESPACES = 0x7e020000;
const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] = [1, 2, 10, 16];
const [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW] = [1, 2, 3];
const SOCKET_TYPE = 0xf;
const NETLINK_ROUTE = 0;
const ANY_PROTOCOL = 0;
const [PR_SET_NAME, PR_GET_NAME] = [15, 16];
const IOCTLS = {
  TCGETS: 0x5401,
  TCSETS: 0x5402,
  TCSETSW: 0x5403,
  TCSETSF: 0x5404,
  TIOCGWINSZ: 0x5413,
  FIONREAD: 0x541b,
  FIONBIO: 0x5421,
  FIOCLEX: 0x5451,
  FICLONE: 0x40049409,
};

/** Allowed with certain arguments alone. */
export const LIMITS = [
  allowed('Processes and threads, but no namespaces', ['clone'], [bits(0, NAMESPACES, 0)]),
  ...[AF_UNIX, AF_INET, AF_INET6].flatMap((family) =>
    [SOCK_STREAM, SOCK_DGRAM].map((type) =>
      allowed(
        'Streams and datagrams, local and of the internet; neither raw nor ICMP',
        ['socket'],
        [is(0, family), bits(1, SOCKET_TYPE, type), is(2, ANY_PROTOCOL)],
      ),
    ),
  ),
  allowed(
    'Which addresses this machine has',
    ['socket'],
    [is(0, AF_NETLINK), bits(1, SOCKET_TYPE, SOCK_RAW), is(2, NETLINK_ROUTE)],
  ),
  allowed('Pipes to processes of its own', ['socketpair'], [is(0, AF_UNIX)]),
  ...[PR_SET_NAME, PR_GET_NAME].map((option) => allowed('Names of threads', ['prctl'], [is(0, option)])),
  ...Object.entries(IOCTLS).map(([name, request]) =>
    allowed(`${name}; not TIOCSTI, which types for others`, ['ioctl'], [is(1, request)]),
  ),
];
export const LIMITED = [...new Set(LIMITS.flatMap(({ names }) => names))];

/** Recorded, and refused all the same: the caller does without, as the suite under the profile shows. */
export const WITHOUT = {
  clone3: 'its flags cannot be filtered',
  io_uring_enter: 'a large part of the kernel; libuv waits with epoll',
  io_uring_register: 'as io_uring_enter',
  io_uring_setup: 'as io_uring_enter',
  brk: 'the C library allocates by mmap',
  copy_file_range: 'it does not copy between all file systems; sendfile does, which callers turn to',
  capget: 'Node takes the answer for no capability',
  chown: 'as fchown',
  fchown: 'a copied file belongs to whoever copies it',
  getgroups: 'the tools of PostgreSQL compare groups with nothing',
  getppid: 'jest tells it to nobody',
  getegid: 'compared with getgid, which fails as it does',
  getgid: 'as getegid',
  membarrier: 'asked for at the start; Node does without',
  mremap: 'the C library allocates and copies',
  open: 'an allocator asks how memory is overcommitted; all others open with openat',
  rseq: 'the C library asks for the processor otherwise',
  sched_yield: 'a hint',
  set_robust_list: 'no lock is shared with another process',
  sync_file_range: 'a hint',
  sysinfo: 'a measure for the buffer of a sort',
  umask: 'files are made with their modes',
};

/** Answered as by a kernel that has them not, at which callers turn to others: clone, and what is in INSTEAD. */
export const UNKNOWN = ['clone3', 'copy_file_range'];
export const INSTEAD = ['sendfile'];

/** Of calls that aarch64 has not, those that its C library makes instead. */
export const COUNTERPARTS = {
  access: ['faccessat'],
  chmod: ['fchmodat'],
  chown: ['fchownat'],
  dup2: ['dup3'],
  getpgrp: ['getpgid'],
  link: ['linkat'],
  lstat: ['newfstatat'],
  mkdir: ['mkdirat'],
  open: ['openat'],
  poll: ['ppoll'],
  readlink: ['readlinkat'],
  rename: ['renameat'],
  rmdir: ['unlinkat'],
  stat: ['newfstatat'],
  symlink: ['symlinkat'],
  unlink: ['unlinkat'],
};

/** Read from runc's sources: it puts the profile in force as late as can be, with no-new-privileges just before execve. */
export const START = [
  ...['close', 'execve', 'exit', 'exit_group', 'fcntl', 'fstatfs', 'futex', 'getdents64', 'getpid', 'openat', 'read'],
  ...['restart_syscall', 'rt_sigreturn', 'write'],
];
