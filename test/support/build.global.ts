import { execFileSync } from 'node:child_process';

/** Compiles the service once for the whole run: some tests start it as processes of its own. */
export default function buildServer(): void {
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
}
