import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the compiled `psa-bridge` command to its end, with `input` on its standard input. */
export async function psaBridge(
  args: string[],
  { input = '', environment = {} }: { input?: string; environment?: Record<string, string> } = {},
): Promise<Finished> {
  return command(process.execPath, ['dist/src/cli/main.js', ...args], { input, environment });
}

export async function command(
  program: string,
  args: string[],
  { input = '', environment = {} }: { input?: string; environment?: Record<string, string> } = {},
): Promise<Finished> {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...environment } });
  const finished: Finished = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', chunk => {
    finished.stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    finished.stderr += chunk;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { ...finished, code };
}
