import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Exit code of the scripts in scripts/servers when what they fetch cannot be had on this machine. */
const NOT_HAD = 75;

/** What a script of scripts/servers has printed, or why it could not fetch its programs. */
export type Fetched = { readonly printed: string } | { readonly missing: string };

/** Runs a script that fetches programs. @throws Error when it fails for another reason than that they cannot be had */
export async function fetchPrograms(script: 'chromium.sh' | 'nginx.sh' | 'prometheus.sh'): Promise<Fetched> {
  try {
    const { stdout } = await promisify(execFile)(join(import.meta.dirname, '../../scripts/servers', script));
    return { printed: stdout.trim() };
  } catch (error) {
    const { code, stderr } = error as { code?: number; stderr?: string };
    if (code !== NOT_HAD) throw error;
    return { missing: stderr?.trim().split('\n').at(-1) ?? script };
  }
}
