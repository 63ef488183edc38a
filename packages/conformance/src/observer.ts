import {
  isMalformed,
  type ChildDefinition,
  type Codec,
  type Environment,
  type Inspection,
  type Invariant,
  type NodeId,
  type Protocol,
  type Store,
  type Write,
} from '@quorate/core'
import { notPlain, sameData } from './data.js'

/** What of a definition is watched. */
interface Observed {
  readonly codec: Codec<never>
  readonly invariants?: readonly Invariant[]
  readonly create: (env: never, options: never) => Protocol<never>
}

/** A codec with messages that went through it. */
export interface CodecSamples {
  readonly codec: Codec<unknown>
  readonly payloads: readonly Uint8Array[]
}

/** So many messages of a codec are kept and compared; more would only say the same. */
const maxSamples = 200

/**
 * Watches a protocol from the inside of its contract, without changing what it does: which messages it encodes, what it shows of its
 * state, how much it stores.
 */
export class Observer {
  /** The first message that came back from its codec as another, or as none. */
  mangled: string | undefined
  /** What `inspect()` showed that is no plain data. */
  notPlain: string | undefined
  readonly #codecs = new Map<Codec<unknown>, { readonly spy: Codec<unknown>; readonly payloads: Uint8Array[] }>()
  readonly #stores = new Map<NodeId, ObservedStore[]>()

  /** A definition that does the same, watched. */
  observe<D extends Observed>(definition: D): D {
    const create = definition.create as unknown as (env: AnyEnvironment, options: unknown) => Protocol<unknown>
    return {
      ...definition,
      codec: this.#codec(definition.codec as Codec<unknown>),
      invariants: [...(definition.invariants ?? []), { name: 'plain data', check: this.#inspected }],
      create: (env: AnyEnvironment, options: unknown) => {
        this.#stores.set(env.self.id, [])
        return create(this.#environment(env), options)
      },
    } as unknown as D
  }

  /** The codecs of the protocol and its children. */
  get codecs(): readonly CodecSamples[] {
    return [...this.#codecs].map(([codec, { payloads }]) => ({ codec, payloads }))
  }

  /** How many bytes the present life of a node keeps in its stores. */
  storedBytes(node: NodeId): number {
    return (this.#stores.get(node) ?? []).reduce((sum, store) => sum + store.bytes, 0)
  }

  readonly #inspected = (nodes: ReadonlyMap<NodeId, Inspection>): undefined => {
    for (const [node, state] of nodes) this.notPlain ??= notPlain(state, `inspect() of ${node}`)
  }

  #codec<M>(codec: Codec<M>): Codec<M> {
    const key = codec as Codec<unknown>
    let known = this.#codecs.get(key)
    if (known === undefined) {
      const payloads: Uint8Array[] = []
      const encode = (message: unknown): Uint8Array => {
        const bytes = key.encode(message)
        if (payloads.length < maxSamples) {
          payloads.push(bytes.slice())
          this.#compare(message, key.decode(bytes))
        }
        return bytes
      }
      this.#codecs.set(key, (known = { spy: { encode, decode: (bytes) => key.decode(bytes) }, payloads }))
    }
    return known.spy as Codec<M>
  }

  #compare(message: unknown, decoded: unknown): void {
    if (isMalformed(decoded)) this.mangled ??= `${show(message)} is decoded as malformed: ${decoded.reason}`
    else if (!sameData(message, decoded)) this.mangled ??= `${show(message)} is decoded as ${show(decoded)}`
  }

  #environment(env: AnyEnvironment): AnyEnvironment {
    const store = new ObservedStore(env.store)
    this.#stores.get(env.self.id)?.push(store)
    return {
      self: env.self,
      clock: env.clock,
      random: env.random,
      store,
      send: (to, message, after) => env.send(to, message, after),
      indicate: (indication, after) => env.indicate(indication, after),
      timer: (name, delayMs) => env.timer(name, delayMs),
      cancel: (name) => env.cancel(name),
      end: (name) => env.end(name),
      scope: <M, I, P extends Protocol<M>>(name: string, child: ChildDefinition<M, I, P>): P =>
        env.scope(name, {
          codec: this.#codec(child.codec),
          create: (inner) => child.create(this.#environment(inner as AnyEnvironment) as Environment<M, I>),
          listen: (indication) => child.listen(indication as I),
        }),
    }
  }
}

type AnyEnvironment = Environment<unknown, unknown>

/** A store that knows how much it holds. */
class ObservedStore implements Store {
  readonly #store: Store
  readonly #keys = new Set<string>()

  constructor(store: Store) {
    this.#store = store
  }

  get bytes(): number {
    let bytes = 0
    for (const key of this.#keys) bytes += key.length + (this.#store.get(key)?.length ?? 0)
    for (const record of this.#store.read(this.firstIndex, this.lastIndex)) bytes += record.length + 1
    return bytes
  }

  get firstIndex(): number {
    return this.#store.firstIndex
  }

  get lastIndex(): number {
    return this.#store.lastIndex
  }

  get latest(): Write {
    return this.#store.latest
  }

  get durable(): Write {
    return this.#store.durable
  }

  get(key: string): Uint8Array | undefined {
    return this.#store.get(key)
  }

  put(key: string, value: Uint8Array | undefined): Write {
    if (value === undefined) this.#keys.delete(key)
    else this.#keys.add(key)
    return this.#store.put(key, value)
  }

  read(from: number, to: number, maxBytes?: number): readonly Uint8Array[] {
    return this.#store.read(from, to, maxBytes)
  }

  append(records: readonly Uint8Array[]): Write {
    return this.#store.append(records)
  }

  truncate(from: number): Write {
    return this.#store.truncate(from)
  }

  compact(through: number): Write {
    return this.#store.compact(through)
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? [...each] : each)) ?? 'undefined'
}
