import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

export interface ServiceProcess {
  process: ChildProcess;
  /** What it logged so far. */
  log(): string;
  /** Asks it to stop and waits; returns its exit code, null if a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a compiled program, the service unless another is named, as a process of its own. */
export function startProcess(
  environment: Record<string, string>,
  program = 'dist/src/main.js',
): ServiceProcess {
  const child = spawn(process.execPath, ['--enable-source-maps', program], {
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

/** Waits until a process answers at this address; throws what it logged if it ends before. */
export async function answering(url: string, started: ServiceProcess, timeoutMs = 20_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; await pause(50)) {
    const ok = await fetch(url).then(
      answer => answer.ok,
      () => false,
    );
    if (ok) return;
    if (started.process.exitCode !== null || Date.now() > end)
      throw new Error(`no answer from ${url}\n${started.log()}`);
  }
}

/** Waits until an API process is ready. */
export const ready = (url: string, started: ServiceProcess) => answering(`${url}/readyz`, started);
