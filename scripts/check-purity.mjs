/**
 * Finds in pure packages what neither the compiler settings nor the linter's rules can express, above all the operator
 * `**`, whose results differ between Node versions, and ways around those rules. It first proves, on a list of
 * violations, that it and the linter's rules find each one: a check that cannot fail checks nothing.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { filesUnder, readPackages, report, root } from './workspace.mjs'

/** What a node of the syntax tree does wrong, or undefined. */
function fault(node, parent, key) {
  switch (node.type) {
    case 'BinaryExpression':
      return node.operator === '**' ? '`**`: its results differ between Node versions; multiply' : undefined
    case 'AssignmentExpression':
      return node.operator === '**=' ? '`**=`: its results differ between Node versions; multiply' : undefined
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node.async ? '`async`: nothing is asynchronous in a pure package' : undefined
    case 'AwaitExpression':
      return '`await`: nothing is asynchronous in a pure package'
    case 'ForOfStatement':
      return node.await ? '`for await`: nothing is asynchronous in a pure package' : undefined
    case 'ImportExpression':
      return '`import()`: a pure package is loaded all at once'
    case 'Identifier':
      return identifierFault(node, parent, key)
    default:
      return undefined
  }
}

const typeNames =
  /^(Async(Iterable|Iterator|Generator|IterableIterator|Disposable)|Promise(Constructor|Like)?|Date(Constructor)?)$/

function identifierFault(node, parent, key) {
  if (node.name === 'asyncIterator') return '`asyncIterator`: nothing is asynchronous in a pure package'
  if (parent.type === 'TSTypeReference' && typeNames.test(node.name)) return `\`${node.name}\`: not in a pure package`
  if (node.name !== 'Math') return undefined
  const isObject = parent.type === 'MemberExpression' && key === 'object'
  if (!isObject)
    return isName(parent, key) ? undefined : '`Math` under another name escapes the rules about its members'
  const literal = !parent.computed || parent.property.type === 'Literal'
  return literal ? undefined : '`Math[…]`: a computed member escapes the rules about its members'
}

/** Whether an identifier only names a property, and so is no reference to the global. */
function isName(parent, key) {
  if (parent.type === 'MemberExpression') return key === 'property' && !parent.computed
  return parent.type === 'Property' && key === 'key' && !parent.computed && !parent.shorthand
}

const escapes = /@ts-(ignore|nocheck|expect-error)|^\/\s*<reference/
const disabled = /(?:oxlint|eslint)-disable(?:-next-line|-line)?\s*(?<rules>.*)/

/** Whether a comment silences the compiler, the rules of purity, or all rules. */
function silences(comment) {
  if (escapes.test(comment)) return true
  const rules = disabled
    .exec(comment)
    ?.groups.rules.replace(/\s--.*/, '')
    .trim()
  return rules !== undefined && (rules === '' || /no-restricted|no-async-await/.test(rules))
}

/** Every fault in one source: the line it stands on and what it is. */
function faultsIn(file, source) {
  const { program, comments, errors } = parseSync(file, source)
  const lineOf = (offset) => source.slice(0, offset).split('\n').length
  const faults = errors.map((error) => ({ line: 1, what: error.message }))
  const walk = (node, parent, key) => {
    const what = fault(node, parent, key)
    if (what !== undefined) faults.push({ line: lineOf(node.start), what })
    for (const [name, child] of Object.entries(node)) {
      if (Array.isArray(child)) for (const each of child) if (each?.type) walk(each, node, name)
      if (child?.type) walk(child, node, name)
    }
  }
  walk(program, program, '')
  for (const comment of comments)
    if (silences(comment.value)) faults.push({ line: lineOf(comment.start), what: 'a comment that silences a check' })
  return faults
}

/** One violation to a line; each must be found by this script or by the linter's rules for pure packages. */
const violations = `
import { readFileSync } from 'node:fs'
const time = Date.now()
const date: Date = new Date()
const drawn = Math.random()
const power = Math.pow(2, 3)
const { pow } = Math
const other = Math
const computed = Math[String('pow')](2, 3)
const cube = 2 ** 3
let square = 3; square **= 2
async function later() {}
const arrow = async () => 1
for await (const each of []) {}
const promised = new Promise(() => {})
type Promised = Promise<number>
type Stream = AsyncIterable<number>
const lazy = import('@quorate/core')
setTimeout(() => {}, 1)
setInterval(() => {}, 1)
setImmediate(() => {})
queueMicrotask(() => {})
const now = performance.now()
console.log(1)
const home = process.env
const bytes = Buffer.alloc(1)
const host = globalThis
const answer = fetch('')
const id = crypto.randomUUID()
const text = new TextEncoder()
const order = 'a'.localeCompare('b')
const shown = (1).toLocaleString()
const made = Function('return 1')
const weak = new WeakRef({})
// @ts-ignore
// oxlint-disable-next-line no-restricted-globals -- we know better
/* oxlint-disable */
/// <reference types="node" />
`.trim()

/** What must not be reported, lest the check stands in the way of what is right. */
const fine = `// oxlint-disable-next-line no-explicit-any -- the reason why
const names = { Math: 1, async: 2 }
const half = Math.floor(3 / 2) * names.Math
export const area = (side: number) => side * side + half`

/** Lines that the linter reports when the source stands in a pure package; its configuration is the real one. */
function linesOfLinter(source) {
  const scratch = join(root, 'node_modules', '.cache', 'purity')
  const file = 'packages/core/src/impure.ts'
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(join(scratch, 'packages/core/src'), { recursive: true })
  copyFileSync(join(root, '.oxlintrc.json'), join(scratch, '.oxlintrc.json'))
  writeFileSync(join(scratch, file), source)
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--no-ignore', '--format', 'json', file]
  const { stdout } = spawnSync(process.execPath, args, { cwd: scratch, encoding: 'utf8' })
  rmSync(scratch, { recursive: true, force: true })
  const restricting = /no-restricted|no-async-await/
  return JSON.parse(stdout)
    .diagnostics.filter(({ code }) => restricting.test(code))
    .map(({ labels }) => labels[0].span.line)
}

function proveItself() {
  const found = new Set([...faultsIn('impure.ts', violations).map(({ line }) => line), ...linesOfLinter(violations)])
  const missed = violations.split('\n').filter((_, index) => !found.has(index + 1))
  const wronged = [...faultsIn('fine.ts', fine).map(({ line }) => line), ...linesOfLinter(fine)]
  return [
    ...missed.map((line) => `the check itself: does not find \`${line}\``),
    ...wronged.map((line) => `the check itself: objects to \`${fine.split('\n')[line - 1]}\``),
  ]
}

const found = readPackages()
  .filter((each) => each.pure)
  .flatMap((each) => filesUnder(`${each.dir}/src`, '.ts'))
  .flatMap((file) =>
    faultsIn(file, readFileSync(join(root, file), 'utf8')).map(({ line, what }) => `${file}:${line}: ${what}`),
  )
report('purity', [...proveItself(), ...found])
