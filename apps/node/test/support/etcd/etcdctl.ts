import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Longer than any of its commands takes; those that would wait for ever are ended by then. */
const longestMs = 15_000

/** Runs etcdctl to its end, asking these endpoints, in this folder. */
export function etcdctl(
  endpoints: readonly string[],
  args: readonly string[],
  stdin = '',
  cwd = tmpdir(),
): Promise<Ran> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD'))
  const child = spawn('etcdctl', ['--endpoints', endpoints.join(','), ...args], {
    env: { ...Object.fromEntries(inherited), ETCDCTL_API: '3' },
    stdio: 'pipe',
    cwd,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // One that ends without reading does not matter.
  child.stdin.on('error', () => {}).end(stdin)
  const timer = setTimeout(() => child.kill('SIGKILL'), longestMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr })
    })
  })
}
