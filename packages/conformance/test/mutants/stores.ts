import type { Store, StoreBackend, StoreError, Write } from '@quorate/core'
import { SimulatedStores, type Loss } from '@quorate/simulation'
import type { TestedStorage } from '../../src/index.js'

type Written = (write: Write, error?: StoreError) => void

/** Stores that do what those of the simulator do, with places to go wrong in. */
class Wrapped implements TestedStorage, StoreBackend {
  protected readonly stores: SimulatedStores
  /** How often it has crashed. */
  protected crashes = 0

  constructor(submitted: () => void) {
    this.stores = new SimulatedStores(submitted)
  }

  mount(): StoreBackend {
    return this
  }

  complete(): void {
    this.stores.complete()
  }

  fail(reason: string): void {
    this.stores.fail(reason)
  }

  crash(loss: Loss): void {
    this.crashes++
    this.stores.crash(loss)
  }

  open(path: string, written: Written): Store {
    return this.wrap(path, this.stores.open(path, written))
  }

  drop(path: string): void {
    this.stores.drop(path)
  }

  commit(): void {
    this.stores.commit()
  }

  /** A store with some of its members replaced. */
  protected wrap(_path: string, store: Store): Store {
    return store
  }
}

/** A store that stands on another, but for what `changes` say. */
function changed(store: Store, changes: (store: Store) => Partial<Store>): Store {
  const other: Store = {
    get: (key) => store.get(key),
    put: (key, value) => store.put(key, value),
    get firstIndex() {
      return store.firstIndex
    },
    get lastIndex() {
      return store.lastIndex
    },
    read: (from, to, maxBytes) => store.read(from, to, maxBytes),
    append: (records) => store.append(records),
    truncate: (from) => store.truncate(from),
    compact: (through) => store.compact(through),
    get latest() {
      return store.latest
    },
    get durable() {
      return store.durable
    },
  }
  return Object.defineProperties(other, Object.getOwnPropertyDescriptors(changes(store)))
}

/** A wrong way for each store to be. */
function wrong(changes: (store: Store) => Partial<Store>) {
  return class extends Wrapped {
    protected override wrap(_path: string, store: Store): Store {
      return changed(store, changes)
    }
  }
}

/** Values are not seen before they are durable. */
const Deferring = wrong((store) => ({
  get: (key) => (store.durable < store.latest ? undefined : store.get(key)),
}))

/** Reads take no notice of how much was asked for. */
const Lavish = wrong((store) => ({ read: (from, to) => store.read(from, to) }))

/** Leaves the first record that it should remove. */
const Sparing = wrong((store) => ({ truncate: (from) => store.truncate(from + 1) }))

/** Compacts no more than there is. */
const Bounded = wrong((store) => ({ compact: (through) => store.compact(Math.min(through, store.lastIndex)) }))

/** Gives each write the token of the one before. */
const Behindhand = wrong((store) => ({ put: (key, value) => (store.put(key, value) - 1) as Write }))

/** Throws over a range that is empty. */
const Strict = wrong((store) => ({
  read: (from, to, maxBytes) => {
    if (from > to + 3) throw new Error(`nothing is from ${from} to ${to}`)
    return store.read(from, to, maxBytes)
  },
}))

/** Forgets what it is told to, and not what is below it. */
class Shallow extends Wrapped {
  #below: Store | undefined
  #kept: Uint8Array | undefined

  override drop(path: string): void {
    if (path === 'a') this.#kept = this.#below?.get('k')
    super.drop(path)
  }

  protected override wrap(path: string, store: Store): Store {
    if (path !== 'a/b') return store
    const kept = this.#kept
    this.#kept = undefined
    return (this.#below = changed(store, () => ({ get: (key) => store.get(key) ?? (key === 'k' ? kept : undefined) })))
  }
}

/** Tells everything twice. */
class Repeating extends Wrapped {
  override open(path: string, written: Written): Store {
    return super.open(path, (write, error) => {
      written(write, error)
      if (error === undefined) written(write)
    })
  }
}

/** Does not tell one of its protocols. */
class Silent extends Wrapped {
  override open(path: string, written: Written): Store {
    return super.open(path, (write, error) => {
      if (path !== 'ab' || error !== undefined) written(write, error)
    })
  }
}

/** Says of everything that it is durable as soon as anything is. */
class Boasting extends Wrapped {
  override open(path: string, written: Written): Store {
    let told = 0 as Write
    const store: Store = super.open(path, (write, error) => {
      if (error !== undefined) written(write, error)
      else if (write > told) written((told = store.latest))
    })
    return changed(store, () => ({
      get durable() {
        return told
      },
    }))
  }
}

/** After a crash it holds a value that nobody wrote: longer than any. */
class Garbling extends Wrapped {
  protected override wrap(_path: string, store: Store): Store {
    let garbled = this.crashes > 0
    return changed(store, () => ({
      get: (key) => {
        const value = store.get(key)
        return garbled && key === 'k' && value !== undefined ? new Uint8Array(100) : value
      },
      put: (key, value) => {
        if (key === 'k') garbled = false
        return store.put(key, value)
      },
    }))
  }
}

/** Keeps a failure to itself. */
class Secretive extends Wrapped {
  override open(path: string, written: Written): Store {
    return super.open(path, (write, error) => {
      if (error === undefined) written(write)
    })
  }
}

type Class = new (submitted: () => void) => TestedStorage

/** Each wrong in one way, with the test that must fail over it. */
export const wrongStores: readonly (readonly [what: string, Class, fails: string])[] = [
  ['throw over an empty range', Strict, 'does what it is asked without throwing'],
  ['show values only when they are durable', Deferring, 'reads see every write at once, durable or not'],
  [
    'read more than was asked for',
    Lavish,
    'reads are clipped to what the log holds, and end once maxBytes are exceeded, but not before the first record',
  ],
  ['truncate one record too few', Sparing, 'truncate removes a record and all behind it'],
  [
    'do not compact beyond the end',
    Bounded,
    'compact removes a record and all before it; beyond its end the log starts behind it',
  ],
  ['keep what is below what they drop', Shallow, 'drop forgets a path and all below it, and nothing else'],
  ['give a token twice', Behindhand, 'the token of a write is greater than those of all earlier ones of its protocol'],
  ['tell everything twice', Repeating, 'durability is told once, in order, each time as a step of its own'],
  ['do not tell one protocol', Silent, 'everything that was written is durable in the end'],
  [
    'say that something is durable before it is',
    Boasting,
    'durability: what was told to be durable is found after every crash',
  ],
  [
    'garble a value in a crash',
    Garbling,
    'atomicity and order: a crash leaves the writes of some first steps, each of them whole',
  ],
  ['keep a failure to themselves', Secretive, 'a failed write is told with its error, and is not durable'],
]
