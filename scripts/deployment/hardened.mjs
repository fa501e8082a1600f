/** How containers of the two images are meant to be run; what is proved of them is proved so. */
import { resolve } from 'node:path';

/** The user of the images, by number. */
export const USER = 10001;
/** The list of system calls that the kernel lets through, made by scripts/deployment/seccomp-record.sh. */
export const SECCOMP = resolve('docker/seccomp.json');

/** Options of `docker run`: nothing can be written but /tmp and volumes, no capability, no way to gain one. */
export const HARDENED = [
  '--read-only',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  `--security-opt=seccomp=${SECCOMP}`,
];
