import { isQuorateError, seededRandom, type Disk, type DiskChange, type DiskError, type Random } from '@quorate/core'
import { sameData } from './data.js'
import { fail, Suite, type Conditions, type Drive, type TestRunner } from './runner.js'

/** Disks to be tested. */
export interface DiskSubject<D extends Disk = Disk> {
  readonly name: string
  /** A disk of its own, without files. */
  readonly create: () => D
  /** The same disk, opened again as by the next life of its node. */
  readonly reopen: (disk: D) => Disk
}

type Steps = Generator<() => boolean, void, void>

/** So many commits are compared with what should come of them. */
const commitCount = 30

/**
 * The tests of a disk. They wait for commits: `drive` brings about what they wait for.
 *
 * @example
 * diskConformance({ name: 'node-disk', create: () => new NodeDisk(freshFolder()), reopen: ({ folder }) => new NodeDisk(folder) }, { describe, it, drive })
 */
export function diskConformance<D extends Disk>(
  subject: DiskSubject<D>,
  options: TestRunner & { readonly drive: Drive },
): void {
  const suite = new Suite(options)
  const { create, reopen } = subject
  const test = (title: string, body: (disk: D) => Conditions): void =>
    suite.driven(title, options.drive, () => body(create()))

  suite.describe(`${subject.name}, a disk`, () => {
    test('holds what was committed, change by change in their order', function* (disk) {
      const files = new Map<string, number[]>()
      for (let count = 1; count <= commitCount; count++) {
        const changes = drawChanges(seededRandom(count), files)
        yield* commit(disk, changes)
        for (const change of changes) applyTo(files, change)
        requireFiles(disk, files, `after commit ${count}`)
      }
    })
    test('lists its files in ascending order', function* (disk) {
      yield* commit(
        disk,
        ['b', 'a', 'B', 'c'].map((file) => append(file, [1])),
      )
      yield* commit(disk, [{ type: 'remove', file: 'b' }])
      if (!sameData(disk.list(), ['B', 'a', 'c'])) fail(`it lists ${disk.list().join(', ')}, not B, a, c`)
    })
    test('reads parts of files, also while a commit is in flight', function* (disk) {
      yield* commit(disk, [append('a', [1, 2, 3, 4, 5])])
      const state = begin(disk, [append('b', [6])])
      const part = [...disk.readAt('a', 1, 3)]
      yield () => state.ended
      if (!sameData(part, [2, 3, 4])) fail(`bytes 1 to 3 of 1 2 3 4 5 are read as ${part.join(' ')}`)
    })
    test('refuses to read what is not there', function* (disk) {
      yield* commit(disk, [append('a', [1, 2, 3])])
      requireRefused('a file that there is not', () => disk.read('b'))
      requireRefused('a part of a file that there is not', () => disk.readAt('b', 0, 1))
      requireRefused('bytes behind the end of a file', () => disk.readAt('a', 2, 2))
    })
    test('says that a commit is done once, as a step of its own, also when there was nothing to change', function* (disk) {
      for (const changes of [[append('a', [1])], []]) {
        const state = begin(disk, changes)
        if (state.ended) fail(`a commit of ${changes.length} changes is done before commit() returns`)
        yield () => state.ended
        yield* commit(disk, [])
        if (state.times !== 1) fail(`a commit of ${changes.length} changes was said to be done ${state.times} times`)
      }
    })
    test('durability: what was committed is there when it is opened again', function* (disk) {
      yield* commit(disk, [append('a', [1, 2, 3]), append('b', [4])])
      yield* commit(disk, [append('a', [5]), { type: 'remove', file: 'b' }])
      requireFiles(reopen(disk), new Map([['a', [1, 2, 3, 5]]]), 'opened again')
    })
  })
}

interface CommitState {
  ended: boolean
  times: number
}

function begin(disk: Disk, changes: readonly DiskChange[]): CommitState {
  const state: CommitState = { ended: false, times: 0 }
  disk.commit(changes, (error?: DiskError) => {
    state.ended = true
    state.times++
    if (error !== undefined) fail(`a commit failed with ${error.reason}: ${error.message}`, { error })
  })
  return state
}

function* commit(disk: Disk, changes: readonly DiskChange[]): Steps {
  const state = begin(disk, changes)
  yield () => state.ended
}

function append(file: string, ...parts: readonly (readonly number[])[]): DiskChange {
  return { type: 'append', file, bytes: parts.map((part) => Uint8Array.from(part)) }
}

/** One to five changes; only files that there are are resized or removed. */
function drawChanges(random: Random, files: ReadonlyMap<string, readonly number[]>): readonly DiskChange[] {
  const present = new Set(files.keys())
  return Array.from({ length: random.integer(1, 5) }, (): DiskChange => {
    const type = random.pick(['append', 'append', 'append', 'resize', 'remove'] as const)
    if (type === 'append' || present.size === 0) {
      const file = random.pick(['a', 'b', 'c'])
      present.add(file)
      const part = (): number[] => Array.from({ length: random.integer(0, 200) }, () => random.integer(0, 255))
      return append(file, ...Array.from({ length: random.integer(1, 3) }, part))
    }
    const file = random.pick([...present])
    if (type === 'resize') return { type, file, bytes: random.integer(0, files.get(file)?.length ?? 0) }
    present.delete(file)
    return { type, file }
  })
}

function applyTo(files: Map<string, number[]>, change: DiskChange): void {
  const content = files.get(change.file) ?? []
  if (change.type === 'remove') files.delete(change.file)
  else if (change.type === 'append') files.set(change.file, [...content, ...change.bytes.flatMap((part) => [...part])])
  else
    files.set(
      change.file,
      Array.from({ length: change.bytes }, (_, index) => content[index] ?? 0),
    )
}

function requireFiles(disk: Disk, files: ReadonlyMap<string, readonly number[]>, when: string): void {
  const names = [...files.keys()].sort()
  if (!sameData([...disk.list()].sort(), names))
    fail(`${when} there are ${disk.list().join(', ')}, not ${names.join(', ')}`)
  for (const [file, content] of files) {
    const found = disk.read(file)
    if (!sameData([...found], content)) {
      fail(`${when} ${file} has ${found.length} bytes that are not the ${content.length} it should have`, { file })
    }
  }
}

function requireRefused(what: string, read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (isQuorateError(error, 'QUORATE_DISK_FAILED')) return
    fail(`to read ${what} throws another error than QUORATE_DISK_FAILED: ${String(error)}`, { cause: error })
  }
  fail(`to read ${what} does not throw`)
}
