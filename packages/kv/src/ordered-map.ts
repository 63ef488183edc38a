/**
 * A map ordered by its string keys: a B+ tree whose `clone` takes constant time. A node belongs to one tree; a tree copies a node that is
 * not its own before it changes it, so that clones never see each other's changes.
 */
export class OrderedMap<Value> {
  #root: Node<Value>
  #owner: object
  #size: number

  constructor() {
    this.#owner = {}
    this.#root = new Leaf<Value>(this.#owner, [], [])
    this.#size = 0
  }

  /** A map of keys that are given in ascending order, each once, with their values. */
  static ofSorted<Value>(keys: readonly string[], values: readonly Value[]): OrderedMap<Value> {
    const map = new OrderedMap<Value>()
    if (keys.length === 0) return map
    let nodes: Node<Value>[] = parts(keys.length).map(
      ([from, to]) => new Leaf(map.#owner, keys.slice(from, to), values.slice(from, to)),
    )
    let firsts = parts(keys.length).map(([from]) => keys[from] as string)
    while (nodes.length > 1) {
      const level = parts(nodes.length)
      const children = nodes
      const names = firsts
      nodes = level.map(([from, to]) => new Branch(map.#owner, names.slice(from + 1, to), children.slice(from, to)))
      firsts = level.map(([from]) => names[from] as string)
    }
    map.#root = nodes[0] as Node<Value>
    map.#size = keys.length
    return map
  }

  get size(): number {
    return this.#size
  }

  get(key: string): Value | undefined {
    let node = this.#root
    while (node instanceof Branch) node = node.children[upperBound(node.keys, key)] as Node<Value>
    const index = lowerBound(node.keys, key)
    return node.keys[index] === key ? node.values[index] : undefined
  }

  set(key: string, value: Value): void {
    const root = this.#own(this.#root)
    this.#root = root
    const right = this.#insert(root, key, value)
    if (right === undefined) return
    this.#root = new Branch(this.#owner, [right.first], [root, right.node])
  }

  delete(key: string): boolean {
    if (this.get(key) === undefined) return false
    const root = this.#own(this.#root)
    this.#remove(root, key)
    this.#root = root instanceof Branch && root.children.length === 1 ? (root.children[0] as Node<Value>) : root
    this.#size--
    return true
  }

  /** A map with the same entries, from which both go their own ways. */
  clone(): OrderedMap<Value> {
    const copy = new OrderedMap<Value>()
    copy.#root = this.#root
    copy.#size = this.#size
    this.#owner = {} // what was shared belongs to neither
    return copy
  }

  /**
   * Visits entries from `from` on, in order, up to but without `to` if given, until `visit` returns true. The map must not change
   * meanwhile.
   */
  scan(from: string, to: string | undefined, visit: (key: string, value: Value) => boolean | void): void {
    scanNode(this.#root, from, to, visit)
  }

  /** As `scan`, one entry at a time. Iterate a clone if the map may change meanwhile. */
  *entries(from: string, to: string | undefined): Generator<readonly [string, Value]> {
    const path: { readonly node: Branch<Value>; next: number }[] = []
    let node: Node<Value> | undefined = this.#root
    while (node instanceof Branch) {
      const at = upperBound(node.keys, from)
      path.push({ node, next: at + 1 })
      node = node.children[at]
    }
    let index = lowerBound((node as Leaf<Value>).keys, from)
    while (node !== undefined) {
      const leaf = node as Leaf<Value>
      for (; index < leaf.keys.length; index++) {
        const key = leaf.keys[index] as string
        if (to !== undefined && key >= to) return
        yield [key, leaf.values[index] as Value]
      }
      index = 0
      node = nextLeaf(path)
    }
  }

  #own<N extends Node<Value>>(node: N): N {
    return node.owner === this.#owner ? node : (node.copy(this.#owner) as N)
  }

  /** Into a node that is our own. Returns the new right neighbour if it had to be split. */
  #insert(node: Node<Value>, key: string, value: Value): Split<Value> | undefined {
    if (node instanceof Leaf) {
      const index = lowerBound(node.keys, key)
      if (node.keys[index] === key) {
        node.values[index] = value
        return undefined
      }
      node.keys.splice(index, 0, key)
      node.values.splice(index, 0, value)
      this.#size++
      if (node.keys.length <= CAPACITY) return undefined
      // Keys that come in ascending order fill their leaves.
      const at = index === node.keys.length - 1 ? index : node.keys.length >> 1
      const right = new Leaf(this.#owner, node.keys.splice(at), node.values.splice(at))
      return { first: right.keys[0] as string, node: right }
    }
    const index = upperBound(node.keys, key)
    const child = this.#own(node.children[index] as Node<Value>)
    node.children[index] = child
    const split = this.#insert(child, key, value)
    if (split === undefined) return undefined
    node.keys.splice(index, 0, split.first)
    node.children.splice(index + 1, 0, split.node)
    if (node.children.length <= CAPACITY) return undefined
    const at = index + 1 === node.children.length - 1 ? index + 1 : node.children.length >> 1
    const children = node.children.splice(at)
    const keys = node.keys.splice(at)
    const first = node.keys.pop() as string
    return { first, node: new Branch(this.#owner, keys, children) }
  }

  /** From a node that is our own and has the key. */
  #remove(node: Node<Value>, key: string): void {
    if (node instanceof Leaf) {
      const index = lowerBound(node.keys, key)
      node.keys.splice(index, 1)
      node.values.splice(index, 1)
      return
    }
    const index = upperBound(node.keys, key)
    const child = this.#own(node.children[index] as Node<Value>)
    node.children[index] = child
    this.#remove(child, key)
    if (child.size < CAPACITY >> 2 && node.children.length > 1) this.#join(node, index === 0 ? 0 : index - 1)
  }

  /** Makes one of the children at `index` and `index + 1`, or evens them out when one could not hold both. */
  #join(node: Branch<Value>, index: number): void {
    const left = this.#own(node.children[index] as Node<Value>)
    const right = this.#own(node.children[index + 1] as Node<Value>)
    node.children[index] = left
    node.children[index + 1] = right
    const separator = node.keys[index] as string
    const total = left.size + right.size
    if (left instanceof Leaf && right instanceof Leaf) {
      left.keys.push(...right.keys)
      left.values.push(...right.values)
      if (total > CAPACITY) {
        right.keys = left.keys.splice(total >> 1)
        right.values = left.values.splice(total >> 1)
        node.keys[index] = right.keys[0] as string
        return
      }
    } else if (left instanceof Branch && right instanceof Branch) {
      left.keys.push(separator, ...right.keys)
      left.children.push(...right.children)
      if (total > CAPACITY) {
        right.children = left.children.splice(total >> 1)
        right.keys = left.keys.splice(total >> 1)
        node.keys[index] = left.keys.pop() as string
        return
      }
    }
    node.children.splice(index + 1, 1)
    node.keys.splice(index, 1)
  }
}

/** The most entries of a leaf and children of a branch. */
const CAPACITY = 64

/** Divides a length into as few parts as there can be, of about the same size. */
function parts(length: number): (readonly [from: number, to: number])[] {
  const count = Math.ceil(length / CAPACITY)
  const begin = (part: number): number => Math.floor((part * length) / count)
  return Array.from({ length: count }, (_, part) => [begin(part), begin(part + 1)])
}

interface Split<Value> {
  readonly first: string
  readonly node: Node<Value>
}

type Node<Value> = Leaf<Value> | Branch<Value>

class Leaf<Value> {
  readonly owner: object
  keys: string[]
  values: Value[]

  constructor(owner: object, keys: string[], values: Value[]) {
    this.owner = owner
    this.keys = keys
    this.values = values
  }

  get size(): number {
    return this.keys.length
  }

  copy(owner: object): Leaf<Value> {
    return new Leaf(owner, this.keys.slice(), this.values.slice())
  }
}

class Branch<Value> {
  readonly owner: object
  /** The first key of each child but the first, or one between it and the last key of the child before. */
  keys: string[]
  children: Node<Value>[]

  constructor(owner: object, keys: string[], children: Node<Value>[]) {
    this.owner = owner
    this.keys = keys
    this.children = children
  }

  get size(): number {
    return this.children.length
  }

  copy(owner: object): Branch<Value> {
    return new Branch(owner, this.keys.slice(), this.children.slice())
  }
}

function scanNode<Value>(
  node: Node<Value>,
  from: string,
  to: string | undefined,
  visit: (key: string, value: Value) => boolean | void,
): boolean {
  if (node instanceof Branch) {
    for (let index = upperBound(node.keys, from); index < node.children.length; index++) {
      if (scanNode(node.children[index] as Node<Value>, from, to, visit)) return true
    }
    return false
  }
  for (let index = lowerBound(node.keys, from); index < node.keys.length; index++) {
    const key = node.keys[index] as string
    if (to !== undefined && key >= to) return true
    if (visit(key, node.values[index] as Value) === true) return true
  }
  return false
}

function nextLeaf<Value>(path: { readonly node: Branch<Value>; next: number }[]): Node<Value> | undefined {
  let top = path.at(-1)
  while (top !== undefined && top.next >= top.node.children.length) {
    path.pop()
    top = path.at(-1)
  }
  if (top === undefined) return undefined
  let node = top.node.children[top.next++] as Node<Value>
  while (node instanceof Branch) {
    path.push({ node, next: 1 })
    node = node.children[0] as Node<Value>
  }
  return node
}

/** The first index whose key is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The first index whose key is greater than `key`. */
function upperBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) <= key) low = middle + 1
    else high = middle
  }
  return low
}
