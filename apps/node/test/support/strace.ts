import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Everything that can change what a file holds or is called, or make that durable, or send. `?`: not on every platform. */
const traced = [
  ...['?open', 'openat', '?creat', 'ftruncate', '?truncate', '?mkdir', 'mkdirat'],
  ...['?rename', '?renameat', '?renameat2', '?unlink', 'unlinkat'],
  ...['write', 'writev', 'pwrite64', 'pwritev', '?pwritev2', 'sendmsg', 'sendto'],
  ...['fsync', 'fdatasync', '?msync', '?sync_file_range'],
]

/** Longer than anything that is written at a time; a string that was cut would be refused. */
const longestString = 4 * 1024 * 1024

/** Why system calls cannot be traced here, or `undefined` when they can. */
export function whyNoStrace(): string | undefined {
  if (process.platform !== 'linux') return 'strace is a thing of Linux'
  const { error, status, stderr } = spawnSync('strace', [...options('/dev/null').slice(1), 'true'], {
    encoding: 'utf8',
  })
  if (error !== undefined) return 'the command "strace" is missing: install strace'
  return status === 0 ? undefined : `strace cannot trace: ${stderr.trim()}`
}

/** The command that runs another one, and writes its system calls into files that begin with `prefix`, one for each thread. */
export function stracing(prefix: string): readonly string[] {
  return options(prefix)
}

function options(prefix: string): readonly string[] {
  return [
    ...['strace', '-ff', '-o', prefix, '-qq'],
    // Other calls are not held up.
    '--seccomp-bpf',
    ...['-e', `trace=${traced.join(',')}`, '-e', 'signal=none'],
    // Paths and addresses instead of numbers, all bytes in hexadecimal, and times in nanoseconds.
    ...['-yy', '-xx', '-s', String(longestString)],
    ...['--absolute-timestamps=format:unix,precision:ns', '--syscall-times=ns'],
  ]
}

/**
 * A system call. The thread stands still while strace looks at its clock, both when the call begins and when it has ended. So nothing
 * of the call was done before `beganNs`, all of it was by `endedNs`, and the thread did nothing with its result before that.
 */
export interface Call {
  readonly name: string
  readonly args: string
  readonly result: number
  /** Nanoseconds since 1970, by the machine's clock, which all processes share. */
  readonly beganNs: bigint
  /** `undefined`: the process was killed before it returned. */
  readonly endedNs: bigint | undefined
}

/** What the files that begin with `prefix` tell, in the order in which calls began. */
export function readTrace(folder: string, prefix: string): readonly Call[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${prefix}.`))
  const calls = files.flatMap((file) => readFileSync(join(folder, file), 'latin1').split('\n').flatMap(parseLine))
  return calls.sort((a, b) => (a.beganNs < b.beganNs ? -1 : a.beganNs > b.beganNs ? 1 : 0))
}

const returned = /^(\d+)\.(\d{9}) (\w+)\((.*)\)\s+= (-?\d+|\?)(?:<.*>)?(?: .*)? <(\d+)\.(\d{9})>$/
const began = /^(\d+)\.(\d{9}) (\w+)\((.*)$/

function parseLine(line: string): Call[] {
  const whole = returned.exec(line)
  if (whole !== null && whole[5] !== '?') {
    const [, seconds, nanoseconds, name = '', args = '', result, tookSeconds, tookNanoseconds] = whole
    const beganNs = BigInt(`${seconds}${nanoseconds}`)
    return [
      { name, args, result: Number(result), beganNs, endedNs: beganNs + BigInt(`${tookSeconds}${tookNanoseconds}`) },
    ]
  }
  const part = began.exec(line)
  if (part !== null) {
    const [, seconds, nanoseconds, name = '', args = ''] = part
    return [{ name, args, result: -1, beganNs: BigInt(`${seconds}${nanoseconds}`), endedNs: undefined }]
  }
  if (line === '' || line.includes('+++')) return []
  throw new Error(`strace wrote what is not understood: ${line.slice(0, 200)}`)
}

/** The path, or the two addresses of a connection, of the file that a call's first argument is. */
export function fileOf({ args }: Call): string | undefined {
  const file = /^\d+<(\w+:\[.*?\]|.*?)>/.exec(args)?.[1]
  return file?.startsWith('\\x') === true ? unescape(file) : file
}

/** The texts among a call's arguments: paths. */
export function textsOf({ args }: Call): readonly string[] {
  return stringsOf(args).map((bytes) => bytes.toString('utf8'))
}

/** What a call has written: all that it was given, or as much of it as it took. */
export function bytesOf({ args, result, endedNs }: Call): Buffer {
  const given = Buffer.concat(stringsOf(args))
  return endedNs === undefined ? given : given.subarray(0, Math.max(0, result))
}

function stringsOf(args: string): Buffer[] {
  if (args.includes('"...')) throw new Error('strace has cut a string: it must show whole ones')
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text = '']) =>
    Buffer.from(text.replaceAll('\\x', ''), 'hex'),
  )
}

function unescape(text: string): string {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex').toString('utf8')
}
