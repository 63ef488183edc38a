import type { Store, Write } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SimulatedStores } from '../src/simulated-stores.js'
import { bytesOf, note, probe, probes, textOf, type Probe } from './probe.js'

const paths = ['a', 'a/b', 'ab', 'c'] as const
type Path = (typeof paths)[number]

type Operation =
  | { readonly do: 'put'; readonly path: Path; readonly key: string; readonly value: string | undefined }
  | { readonly do: 'append'; readonly path: Path; readonly records: readonly string[] }
  | { readonly do: 'truncate' | 'compact'; readonly path: Path; readonly at: number }
  | { readonly do: 'reopen'; readonly path: Path }
  | { readonly do: 'commit' | 'complete' }
  | { readonly do: 'crash'; readonly survivors: number }

const path = fc.constantFrom(...paths)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    path,
    key: fc.constantFrom('x', 'y'),
    value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
  }),
  fc.record({
    do: fc.constant('append' as const),
    path,
    records: fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
  }),
  fc.record({ do: fc.constantFrom('truncate' as const, 'compact' as const), path, at: fc.nat(8) }),
  fc.record({ do: fc.constant('reopen' as const), path }),
  fc.record({ do: fc.constantFrom('commit' as const, 'complete' as const) }),
  fc.record({ do: fc.constant('crash' as const), survivors: fc.nat(3) }),
)

/** What one store holds. */
interface Held {
  readonly values: Readonly<Record<string, string>>
  readonly first: number
  readonly records: readonly string[]
}

/** What stores hold, said as simply as possible: every change makes a new one. */
type Model = Readonly<Record<string, Held>>

const empty: Held = { values: {}, first: 1, records: [] }

function changed(model: Model, operation: Operation): Model {
  if (!('path' in operation)) return model
  const { path: at } = operation
  if (operation.do === 'reopen') {
    return Object.fromEntries(Object.entries(model).filter(([each]) => each !== at && !each.startsWith(`${at}/`)))
  }
  const { values, first, records } = model[at] ?? empty
  switch (operation.do) {
    case 'put': {
      const { [operation.key]: _, ...others } = values
      const { key, value } = operation
      return { ...model, [at]: { values: value === undefined ? others : { ...others, [key]: value }, first, records } }
    }
    case 'append':
      return { ...model, [at]: { values, first, records: [...records, ...operation.records] } }
    case 'truncate':
      return { ...model, [at]: { values, first, records: records.filter((_, index) => first + index < operation.at) } }
    case 'compact': {
      const left = records.filter((_, index) => first + index > operation.at)
      return { ...model, [at]: { values, first: Math.max(first, operation.at + 1), records: left } }
    }
  }
}

function shown(store: Store): Held {
  const values: Record<string, string> = {}
  for (const key of ['x', 'y']) {
    const value = store.get(key)
    if (value !== undefined) values[key] = textOf(value)
  }
  const records = store.read(0, 1_000_000).map(textOf)
  expect(store.lastIndex).toBe(store.firstIndex + records.length - 1)
  return { values, first: store.firstIndex, records }
}

/** Stores under test, with the model beside them. */
class Rig {
  submitted = 0
  readonly stores = new SimulatedStores(() => void this.submitted++)
  readonly open = new Map<Path, Store>()
  readonly durable = new Map<Store, number>()
  /** What is visible, and what it was before each step that is not durable. */
  visible: Model = {}
  committed: Model[] = []
  hardened: Model = {}
  #dirty = false

  constructor() {
    this.openAll()
  }

  openAll(): void {
    for (const each of paths) this.openOne(each)
  }

  openOne(at: Path): void {
    const store = this.stores.open(at, (write) => {
      expect(write).toBeGreaterThan(this.durable.get(store) as number)
      this.durable.set(store, write)
      expect(store.durable).toBe(write)
    })
    this.durable.set(store, 0)
    this.open.set(at, store)
  }

  apply(operation: Operation): void {
    this.visible = changed(this.visible, operation)
    this.#dirty ||= 'path' in operation
    switch (operation.do) {
      case 'put':
        this.#of(operation.path).put(
          operation.key,
          operation.value === undefined ? undefined : bytesOf(operation.value),
        )
        return
      case 'append':
        this.#of(operation.path).append(operation.records.map(bytesOf))
        return
      case 'truncate':
      case 'compact':
        this.#of(operation.path)[operation.do](operation.at)
        return
      case 'reopen':
        this.stores.drop(operation.path)
        for (const each of paths)
          if (each === operation.path || each.startsWith(`${operation.path}/`)) this.openOne(each)
        return
      case 'commit':
        this.commit()
        return
      case 'complete':
        this.complete()
        return
      case 'crash': {
        this.#dirty = false
        const survivors = Math.min(operation.survivors, this.committed.length)
        this.hardened = this.committed[survivors - 1] ?? this.hardened
        this.visible = this.hardened
        this.committed = []
        this.submitted = 0
        this.stores.crash({ survivors: operation.survivors, torn: false, cached: false })
        this.openAll()
      }
    }
  }

  commit(): void {
    this.stores.commit()
    if (this.#dirty) this.committed.push(this.visible)
    this.#dirty = false
    expect(this.submitted).toBe(this.committed.length)
    expect(this.stores.pendingCount).toBe(this.committed.length)
  }

  complete(): void {
    if (this.submitted === 0) return
    this.submitted--
    this.hardened = this.committed.shift() as Model
    this.stores.complete()
  }

  check(): void {
    for (const [at, store] of this.open) {
      expect({ at, ...shown(store) }).toEqual({ at, ...(this.visible[at] ?? empty) })
      expect(store.durable).toBe(this.durable.get(store))
      expect(store.durable).toBeLessThanOrEqual(store.latest)
    }
  }

  #of(at: Path): Store {
    return this.open.get(at) as Store
  }
}

describe('simulated stores', () => {
  it('show every write at once, and after a crash a prefix of the steps that holds all that was durable', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const rig = new Rig()
        for (const each of operations) {
          rig.apply(each)
          rig.check()
        }
        rig.apply({ do: 'crash', survivors: 0 })
        rig.check()
      }),
      { numRuns: 500 },
    )
  })

  it('tell each protocol once for each of its steps that became durable, with its newest token', () => {
    const told: string[] = []
    let batches = 0
    const stores = new SimulatedStores(() => void batches++)
    const [a, b] = ['a', 'b'].map((each) => stores.open(each, (write) => told.push(`${each}${write}`))) as [
      Store,
      Store,
    ]
    a.put('x', bytesOf('1'))
    a.put('x', bytesOf('2'))
    b.append([bytesOf('3')])
    stores.commit()
    stores.commit()
    a.compact(7)
    stores.commit()
    expect(batches).toBe(2)
    stores.complete()
    expect(told).toEqual(['a2', 'b1'])
    stores.complete()
    expect(told).toEqual(['a2', 'b1', 'a3'])
  })

  it('read records from one index to another, as many bytes as are wanted but at least one record', () => {
    const store = new SimulatedStores(() => {}).open('a', () => {})
    store.append(['1', '22', '333', '4444'].map(bytesOf))
    store.compact(1)
    const read = (from: number, to: number, maxBytes?: number) => store.read(from, to, maxBytes).map(textOf)
    expect([store.firstIndex, store.lastIndex]).toEqual([2, 4])
    expect(read(1, 9)).toEqual(['22', '333', '4444'])
    expect(read(3, 3)).toEqual(['333'])
    expect(read(5, 9)).toEqual([])
    expect(read(3, 2)).toEqual([])
    expect(read(2, 4, 5)).toEqual(['22', '333'])
    expect(read(2, 4, 4)).toEqual(['22'])
    expect(read(2, 4, 0)).toEqual(['22'])
    store.compact(10)
    expect([store.firstIndex, store.lastIndex, read(1, 99)]).toEqual([11, 10, []])
  })
})

describe('a protocol that ends and is made again under its name', () => {
  const child = (simulation: ReturnType<typeof probes>) => {
    let made: Probe | undefined
    simulation.request('n1', 'make', ({ env }) => void (made = env.scope('child', probe({}))))
    return made as unknown as Probe
  }
  const write = (simulation: ReturnType<typeof probes>, of: Probe, text: string) =>
    simulation.request('n1', 'write', () => {
      of.put('key', text)
      of.env.send('n2', note(text))
    })

  it('starts with an empty store, before and after what it had written is durable', () => {
    for (const waitMs of [0, 100]) {
      const simulation = probes(2, {})
      write(simulation, child(simulation), 'first')
      simulation.run(waitMs)
      simulation.request('n1', 'end', ({ env }) => env.end('child'))
      const second = child(simulation)
      expect(second.get('key')).toBeUndefined()
      expect([second.env.store.latest, second.env.store.durable]).toEqual([0, 0])
    }
  })

  it('does not take the writes of its predecessor for its own: what it says waits for its own', () => {
    const simulation = probes(2, {}, { syncMs: [10, 10], traceLimit: 100 })
    const first = child(simulation)
    for (let count = 0; count < 5; count++) write(simulation, first, 'first')
    simulation.request('n1', 'end', ({ env }) => env.end('child'))
    simulation.run(9)
    const second = child(simulation)
    write(simulation, second, 'second')
    simulation.run(15) // all that the first wrote is durable
    expect(second.env.store.durable).toBe(0)
    const sent = () => simulation.trace.filter(({ type }) => type === 'send').map(({ at }) => at)
    expect(sent()).toEqual([])
    simulation.run(30)
    expect(sent()).toEqual([19])
    expect(second.env.store.durable).toBe(1 as Write)
  })

  it('cannot write any more once it has ended', () => {
    const simulation = probes(2, {})
    const ended = child(simulation)
    simulation.request('n1', 'end', ({ env }) => env.end('child'))
    simulation.request('n1', 'write', () => void ended.put('key', 'too late'))
    simulation.run(10)
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.apply({ type: 'restart', node: 'n1' })
    expect(child(simulation).get('key')).toBeUndefined()
  })

  it('is forgotten with its children in a later life, too, also those that were not made again', () => {
    const simulation = probes(1, {})
    simulation.request('n1', 'write', ({ env }) => {
      const one = env.scope('child', probe({}))
      const other = one.env.scope('grandchild', probe({}))
      for (const each of [one, other]) each.put('key', 'value')
    })
    simulation.run(10)
    const restart = () => {
      simulation.apply({ type: 'crash', node: 'n1' })
      simulation.apply({ type: 'restart', node: 'n1' })
    }
    restart()
    child(simulation)
    simulation.request('n1', 'end', ({ env }) => env.end('child'))
    const recovered: (string | undefined)[] = []
    const look = () =>
      simulation.request('n1', 'look', ({ env }) => {
        const again = env.scope('child', probe({}))
        recovered.push(again.get('key'), again.env.scope('grandchild', probe({})).get('key'))
      })
    look()
    simulation.run(20)
    restart()
    look()
    expect(recovered).toEqual([undefined, undefined, undefined, undefined])
  })

  it('has what it stored again when a crash came before its end was durable', () => {
    const simulation = probes(2, {})
    write(simulation, child(simulation), 'kept')
    simulation.run(10)
    simulation.request('n1', 'end', ({ env }) => env.end('child'))
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.apply({ type: 'restart', node: 'n1' })
    expect(child(simulation).get('key')).toBe('kept')
  })

  it('leaves nothing behind, however often', () => {
    const stores = new SimulatedStores(() => {})
    for (let count = 0; count < 100; count++) {
      const store = stores.open(`instance-${count}`, () => {})
      store.put('key', bytesOf('value'))
      stores.commit()
      stores.drop(`instance-${count}`)
      stores.commit()
      stores.complete()
      stores.complete()
    }
    expect(stores.pathCount).toBe(0)
  })
})
