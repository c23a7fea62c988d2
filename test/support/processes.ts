import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { vi } from 'vitest';

let built = false;

/** Compiles the service as `npm run build:server` does, once per test file. */
export function buildServer(): void {
  if (built) return;
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  statSync('dist/src/main.js');
  built = true;
}

export interface ServiceProcess {
  process: ChildProcess;
  /** What it logged so far. */
  log(): string;
  /** Asks it to stop and waits; answers its exit code, null if a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts the compiled service as a process of its own, as production does. */
export function startProcess(environment: Record<string, string>): ServiceProcess {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', chunk => {
      log += chunk;
    });
  }
  return {
    process: child,
    log: () => log,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill(signal);
      const [code] = await once(child, 'exit');
      return code;
    },
  };
}

/** Waits until an API process says that it is ready. */
export async function ready(url: string, started: ServiceProcess): Promise<void> {
  await vi.waitFor(
    async () => {
      if (started.process.exitCode !== null) throw new Error(started.log());
      const answer = await fetch(`${url}/readyz`);
      if (!answer.ok) throw new Error(`${answer.status}`);
    },
    { timeout: 20_000, interval: 100 },
  );
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer().once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
