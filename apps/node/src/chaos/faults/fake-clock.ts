import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'

/** Where systems keep it: Debian and Ubuntu by architecture, others at a fixed place. */
const folders = ['/usr/lib/faketime', '/usr/lib64/faketime', '/usr/local/lib/faketime', '/opt/homebrew/lib/faketime']
const file = 'libfaketime.so.1'
/** How long a process goes by what it read before it looks at the file again, in seconds. */
const cacheSeconds = 1

function library(): string | undefined {
  const byArchitecture = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime`)
    : []
  return [...byArchitecture, ...folders].map((folder) => `${folder}/${file}`).find((path) => existsSync(path))
}

/** Why no clock can be faked here, or `undefined` when it can. */
export function whyNoFakeClock(): string | undefined {
  if (process.platform !== 'linux') return 'it takes LD_PRELOAD, a thing of Linux'
  return library() === undefined ? `there is no ${file}: install libfaketime` : undefined
}

/** The wall clock of a process that is started with its environment. How fast time passes, and monotonic clocks, stay as they are. */
export class FakeClock {
  readonly #file: string

  /** `setting`: a file of its own. */
  constructor(setting: string) {
    this.#file = setting
    this.set(0)
  }

  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: library() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: String(cacheSeconds),
      // By either name, as versions have it.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** Puts the clock so many seconds ahead of the machine's, or behind it; the process notices within a second. */
  set(offsetSeconds: number): void {
    // Never half written, as whoever reads it would take it.
    writeFileSync(`${this.#file}.new`, `${offsetSeconds < 0 ? '-' : '+'}${Math.abs(offsetSeconds)}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }
}

/** How far the clock of a node of ours is ahead of this process's, in seconds, by the date of its answers over HTTP. */
export async function clockOffset(metricsPort: number, timeoutMs: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/livez`, { signal: AbortSignal.timeout(timeoutMs) })
  await response.text()
  return (Date.parse(response.headers.get('date') ?? '') - Date.now()) / 1_000
}
