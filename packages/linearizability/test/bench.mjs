/**
 * What the README states as figures. After a build: `node test/bench.mjs [name]`. Each measurement is a process of its own; times are its
 * processor time from the start of reading, garbage collection included, and memory is the most that was resident.
 */
import { spawnSync } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
  openSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  casRegisterModel,
  casRegisterReader,
  checkHistory,
  etcdModel,
  kvAppendModel,
  kvAppendReader,
} from '../dist/index.js'

const program = fileURLToPath(import.meta.url)
const root = resolve(program, '../../../..')
const vectors = resolve(root, process.env.QUORATE_VECTORS ?? '../shared/vectors', 'linearizability')

/** Numbers from 0 to below 1, the same in every run. */
function draws(seed) {
  let state = seed
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4_294_967_296
}

/**
 * A linearizable history: `clients` call one after the other, each takes effect at a random moment before its end. `next` draws an input,
 * `apply` carries it out and returns its output. Of those with `lost`, nobody learns the outcome.
 */
function* events({ operations, clients, lost = 0, next, apply, random }) {
  const pending = new Map()
  let client = 0
  let called = 0
  const idle = Array.from({ length: clients }, () => client++)
  while (called < operations || pending.size > 0) {
    const free = called < operations && idle.length > 0
    if (free && (pending.size === 0 || random() < 0.5)) {
      const id = idle.splice(Math.floor(random() * idle.length), 1)[0]
      const input = next()
      called++
      pending.set(id, { input, done: false })
      yield { client: id, type: 'invoke', input }
      continue
    }
    const ids = [...pending.keys()]
    const id = ids[Math.floor(random() * ids.length)]
    const one = pending.get(id)
    if (one.lost === undefined) {
      one.lost = random() < lost
      // Half of what nobody learns of takes effect.
      one.done = one.lost && random() < 0.5
    }
    if (!one.done) {
      one.output = apply(one.input)
      one.done = true
      continue
    }
    pending.delete(id)
    const isLost = one.lost
    yield { client: id, type: isLost ? 'info' : 'ok', input: one.input, output: one.output }
    // Who does not know how it ended never calls again, as another does in its place.
    idle.push(isLost ? client++ : id)
  }
}

function historyOf(all) {
  const history = []
  const calls = new Map()
  let time = 0
  for (const { client, type, input, output } of all) {
    time++
    if (type === 'invoke') calls.set(client, time)
    else if (type === 'ok') history.push({ client, input, output, callAt: calls.get(client), returnAt: time })
    else history.push({ client, input, callAt: calls.get(client) })
  }
  return history
}

function registerWorkload({ operations, clients, lost, keys, values, seed = 1 }) {
  const random = draws(seed)
  const registers = new Map()
  const pick = () => Math.floor(random() * values)
  return events({
    operations,
    clients,
    lost,
    random,
    next() {
      const key = `k${Math.floor(random() * keys)}`
      const kind = random()
      if (kind < 0.4) return { type: 'read', key }
      return kind < 0.7 ? { type: 'write', key, value: pick() } : { type: 'cas', key, from: pick(), to: pick() }
    },
    apply({ type, key, value, from, to }) {
      const before = registers.get(key) ?? null
      if (type === 'read') return before
      if (type === 'cas' && before !== from) return false
      registers.set(key, type === 'write' ? value : to)
      return true
    },
  })
}

function appendWorkload({ operations, clients, lost, keys, seed = 1 }) {
  const random = draws(seed)
  const texts = new Map()
  let count = 0
  return events({
    operations,
    clients,
    lost,
    random,
    next() {
      const key = `${Math.floor(random() * keys)}`
      return random() < 0.5 ? { type: 'get', key } : { type: 'append', key, value: `x${count++}y` }
    },
    apply({ type, key, value }) {
      if (type === 'get') return texts.get(key) ?? ''
      texts.set(key, (texts.get(key) ?? '') + value)
      return true
    },
  })
}

function etcdWorkload({ operations, clients, lost, keys, seed = 1 }) {
  const random = draws(seed)
  const store = new Map()
  let revision = 1
  let count = 0
  const put = (key, value) => {
    const before = store.get(key)
    store.set(key, {
      key,
      value,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0) + 1,
    })
  }
  return events({
    operations,
    clients,
    lost,
    random,
    next() {
      const key = `k${Math.floor(random() * keys)}`
      const kind = random()
      if (kind < 0.4) return { type: 'range', key }
      if (kind < 0.7) return { type: 'put', key, value: `v${count++}` }
      if (kind < 0.8) return { type: 'deleteRange', key }
      return {
        type: 'txn',
        compare: [{ key, target: 'mod', result: 'greater', number: Math.floor(revision / 2) }],
        success: [{ type: 'put', key, value: `v${count++}` }],
        failure: [{ type: 'range', key }],
      }
    },
    apply(input) {
      const { type } = input
      const { key } = type === 'txn' ? input.compare[0] : input
      const found = store.has(key) ? [{ ...store.get(key) }] : []
      if (type === 'range') return { revision, kvs: found, count: found.length }
      if (type === 'deleteRange') {
        if (store.delete(key)) revision++
        return { revision, deleted: found.length }
      }
      if (type === 'put') {
        revision++
        put(key, input.value)
        return { revision }
      }
      const succeeded = (found[0]?.modRevision ?? 0) > input.compare[0].number
      if (!succeeded) return { revision, succeeded, responses: [{ kvs: found, count: found.length }] }
      revision++
      put(key, input.success[0].value)
      return { revision, succeeded, responses: [{}] }
    },
  })
}

/** An EDN map for each event. */
function writeFile(path, all) {
  const file = openSync(path, 'w')
  let lines = []
  const edn = (value) => (value === null || value === undefined ? 'nil' : JSON.stringify(value))
  const flush = () => {
    writeSync(file, lines.join(''))
    lines = []
  }
  for (const { client, type, input, output } of all) {
    const { type: f, key, value, from, to } = input
    const called = f === 'cas' ? `[${from} ${to}]` : edn(value)
    const ended = f === 'cas' && output === false ? 'fail' : type
    const shown = type === 'info' ? ':timed-out' : type === 'ok' && (f === 'get' || f === 'read') ? edn(output) : called
    lines.push(`{:process ${client}, :type :${ended}, :f :${f}, :key "${key}", :value ${shown}}\n`)
    if (lines.length === 10_000) flush()
  }
  flush()
  closeSync(file)
}

function verdictOf(model, history) {
  const { verdict, steps } = checkHistory(model, history)
  return { verdict, operations: history.length, steps }
}

async function checkFile(model, reader, path) {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) reader.line(line)
  return verdictOf(model, reader.end())
}

const million = { operations: 1_000_000, clients: 20 }

/** Each prepares something, and returns what is then measured. */
const measurements = {
  'register histories of the vectors, all 61'() {
    const folder = join(vectors, 'etcd-register')
    if (!existsSync(folder)) throw new Error(`there is no ${folder}; set QUORATE_VECTORS`)
    const texts = readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
    return () => {
      const each = texts.map((text) => {
        const before = process.cpuUsage()
        const { verdict } = checkHistory(casRegisterModel(), casRegisterReader().text(text).end())
        const { user, system } = process.cpuUsage(before)
        return { verdict, ms: (user + system) / 1000 }
      })
      const violations = each.filter(({ verdict }) => verdict === 'violation').length
      return { verdict: `${violations} violations`, longestMs: Math.round(Math.max(...each.map(({ ms }) => ms))) }
    }
  },
  'append-only, 10,000 keys, a file of 1,000,000 operations': (folder) => {
    const path = join(folder, 'append.edn')
    run('write', 'append', path)
    return () => checkFile(kvAppendModel(), kvAppendReader(), path)
  },
  'compare-and-set registers, 10,000 keys, a file of 1,000,000 operations': (folder) => {
    const path = join(folder, 'registers.edn')
    run('write', 'registers', path)
    return () => checkFile(casRegisterModel(), casRegisterReader(), path)
  },
  'one register, 100,000 operations of 10 clients': () => {
    const history = historyOf(registerWorkload({ operations: 100_000, clients: 10, keys: 1, values: 5 }))
    return () => verdictOf(casRegisterModel(), history)
  },
  'one register, 2,000 operations of 10 clients, a tenth of unknown outcome': () => {
    const history = historyOf(registerWorkload({ operations: 2_000, clients: 10, lost: 0.1, keys: 1, values: 5 }))
    return () => verdictOf(casRegisterModel(), history)
  },
  'one append-only key, 5,000 operations of 10 clients, a tenth of unknown outcome': () => {
    const history = historyOf(appendWorkload({ operations: 5_000, clients: 10, lost: 0.1, keys: 1 }))
    return () => verdictOf(kvAppendModel(), history)
  },
  'etcd, 100 keys, 100,000 operations of 10 clients, 1% of unknown outcome': () => {
    const history = historyOf(etcdWorkload({ operations: 100_000, clients: 10, lost: 0.01, keys: 100, seed: 3 }))
    return () => verdictOf(etcdModel(), history)
  },
}

function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return stdout
}

const [task, name, path] = process.argv.slice(2)
if (task === 'write') {
  writeFile(
    path,
    name === 'append'
      ? appendWorkload({ ...million, keys: 10_000 })
      : registerWorkload({ ...million, keys: 10_000, values: 5 }),
  )
} else if (task === 'measure') {
  const measure = measurements[name](path)
  const before = process.cpuUsage()
  const result = await measure()
  const { user, system } = process.cpuUsage(before)
  const memoryMB = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log(JSON.stringify({ ...result, ms: Math.round((user + system) / 1000), memoryMB }))
} else {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-linearizability-'))
  for (const each of Object.keys(measurements))
    if (task === undefined || each.includes(task)) console.log(`${each}: ${run('measure', each, folder).trim()}`)
  rmSync(folder, { recursive: true })
}
