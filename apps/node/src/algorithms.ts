/**
 * Algorithms are chosen by the name of the module that has them: a short name for ours, or any module that exports what one of
 * core's `define` functions returned.
 */
import {
  isDefinition,
  QuorateError,
  type AgreementDefinition,
  type Definition,
  type DefinitionKind,
  type ElectionDefinition,
  type FailureDetectorDefinition,
  type ReplicatedLogDefinition,
} from '@quorate/core'
import { moduleResolve } from 'import-meta-resolve'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nearest } from './nearest.js'
import { requireDeclaration } from './require-declaration.js'
import { goesBy, packageHere } from './package-here.js'

/** The short names of our own algorithms, by kind. */
export const builtIn: Readonly<Record<DefinitionKind, Readonly<Record<string, string>>>> = {
  'failure-detector': {
    timeout: '@quorate/failure-detection/timeout',
    'phi-accrual': '@quorate/failure-detection/phi-accrual',
  },
  election: {
    timestamp: '@quorate/election/timestamp',
    bully: '@quorate/election/bully',
    raft: '@quorate/election/raft',
  },
  agreement: {
    'flood-min': '@quorate/voting/flood-min',
    threshold: '@quorate/voting/threshold',
  },
  'replicated-log': {
    'raft-log': '@quorate/replication',
  },
}

/** Algorithms that are kept to be seen failing. They go by their names, too, and are not offered. */
const exhibits: Readonly<Partial<Record<DefinitionKind, Readonly<Record<string, string>>>>> = {
  election: { 'as-printed': '@quorate/election/exhibits/as-printed' },
  agreement: {
    'as-printed': '@quorate/voting/exhibits/as-printed',
    'naive-threshold': '@quorate/voting/exhibits/naive-threshold',
    'naive-flood-min': '@quorate/voting/exhibits/naive-flood-min',
  },
}

/** Loads a failure detector by its short name or module; see `loadAlgorithm`. */
export async function loadFailureDetector(
  chosen: string | FailureDetectorDefinition<unknown>,
  resolveFrom?: string,
): Promise<FailureDetectorDefinition<unknown>> {
  return loadAlgorithm('failure-detector', chosen, resolveFrom)
}

/** Loads an election by its short name or module; see `loadAlgorithm`. */
export async function loadElection(
  chosen: string | ElectionDefinition<unknown>,
  resolveFrom?: string,
): Promise<ElectionDefinition<unknown>> {
  return loadAlgorithm('election', chosen, resolveFrom)
}

/** Loads an agreement on one value by its short name or module; see `loadAlgorithm`. */
export async function loadAgreement(
  chosen: string | AgreementDefinition<unknown>,
  resolveFrom?: string,
): Promise<AgreementDefinition<unknown>> {
  return loadAlgorithm('agreement', chosen, resolveFrom)
}

/** Loads a replicated log by its short name or module; see `loadAlgorithm`. */
export async function loadReplicatedLog(
  chosen: string | ReplicatedLogDefinition<unknown>,
  resolveFrom?: string,
): Promise<ReplicatedLogDefinition<unknown>> {
  return loadAlgorithm('replicated-log', chosen, resolveFrom)
}

type OfKind<Kind extends DefinitionKind> = Extract<Definition, { kind: Kind }>

/**
 * Returns the algorithm of `kind` that `chosen` names: one of ours by its short name, or the only one that a module exports. Modules
 * are looked up from `resolveFrom`, by default the working directory, as an import there would be; and the package whose folder that is
 * also goes by the name of its algorithm, as in the command that replays a run of its tests.
 *
 * Throws `QUORATE_UNKNOWN_ALGORITHM` when there is no such name or module, naming the nearest; `QUORATE_NOT_AN_ALGORITHM` when the
 * module exports none of the kind, or several; `QUORATE_INVALID_DECLARATION` when its declaration lacks a field;
 * `QUORATE_ALGORITHM_FAILED` when it throws while it is loaded.
 */
async function loadAlgorithm<Kind extends DefinitionKind>(
  kind: Kind,
  chosen: string | Definition,
  resolveFrom: string = process.cwd(),
): Promise<OfKind<Kind>> {
  if (typeof chosen !== 'string') return requireKind(kind, chosen, 'the given definition')
  const exported = await importModule(kind, chosen, requireModule(kind, chosen, resolveFrom))
  const found = Object.values(exported).filter((value) => isDefinition(value) && value.kind === kind)
  const [only] = new Set(found)
  if (only === undefined || new Set(found).size > 1) {
    const what =
      only === undefined
        ? `exports no ${kind}`
        : `exports ${new Set(found).size} ${kind}s, so it is unclear which is meant`
    throw new QuorateError(
      'QUORATE_NOT_AN_ALGORITHM',
      `module "${chosen}" ${what}; it must export one that ${definer[kind]}() returned. It exports: ${Object.keys(exported).join(', ') || 'nothing'}`,
      { kind, module: chosen, exports: Object.keys(exported) },
    )
  }
  return requireKind(kind, only, chosen)
}

/**
 * Returns what is to be imported for `chosen`, without doing so. Throws `QUORATE_UNKNOWN_ALGORITHM`; that a module of ours does not exist
 * shows only when it is imported.
 */
export function requireModule(kind: DefinitionKind, chosen: string, resolveFrom: string = process.cwd()): string {
  const own = moduleOf(builtIn[kind], chosen) ?? moduleOf(exhibits[kind] ?? {}, chosen)
  return own ?? resolve(kind, chosen, resolveFrom)
}

/** Own names only: every object also answers to `constructor`. */
function moduleOf(modules: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(modules, name) ? modules[name] : undefined
}

const definer: Readonly<Record<DefinitionKind, string>> = {
  'failure-detector': 'defineFailureDetector',
  election: 'defineElection',
  agreement: 'defineAgreement',
  'replicated-log': 'defineReplicatedLog',
}

function requireKind<Kind extends DefinitionKind>(kind: Kind, value: unknown, name: string): OfKind<Kind> {
  if (isDefinition(value) && value.kind === kind) return requireDeclaration(value) as unknown as OfKind<Kind>
  throw new QuorateError('QUORATE_NOT_AN_ALGORITHM', `${name} is no ${kind}; make one with ${definer[kind]}()`, {
    kind,
    name,
  })
}

/** The URL or specifier to import: the user's own copy of a module if there is one, else one that we depend on. */
function resolve(kind: DefinitionKind, chosen: string, resolveFrom: string): string {
  const parent = join(resolveFrom, 'package.json')
  const here = packageHere(resolveFrom)
  const isHere = here !== undefined && goesBy(here, chosen)
  try {
    return moduleResolve(isHere ? here : chosen, pathToFileURL(parent), new Set(['node', 'import'])).href
  } catch (error) {
    if (isHere) {
      throw new QuorateError(
        'QUORATE_ALGORITHM_FAILED',
        `the package "${here}" in ${resolveFrom} could not be loaded; build it first, with pnpm build: ${String(error)}`,
        { kind, module: here },
        { cause: error },
      )
    }
    // An import names a file to the letter. A name typed in a shell may lack its ending, as in a `require`.
    const found = resolveRequire(chosen, parent)
    if (found !== undefined) return found
    if (chosen.startsWith('@quorate/')) return chosen
    throw unknown(kind, chosen, error)
  }
}

function resolveRequire(chosen: string, parent: string): string | undefined {
  try {
    return pathToFileURL(createRequire(parent).resolve(chosen)).href
  } catch {
    return undefined
  }
}

async function importModule(
  kind: DefinitionKind,
  chosen: string,
  specifier: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(specifier)) as Readonly<Record<string, unknown>>
  } catch (error) {
    const code = (error as { code?: unknown }).code
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    if (missing && specifier === chosen) throw unknown(kind, chosen, error)
    throw new QuorateError(
      'QUORATE_ALGORITHM_FAILED',
      `module "${chosen}" could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { kind, module: chosen },
      { cause: error },
    )
  }
}

function unknown(kind: DefinitionKind, chosen: string, cause: unknown): QuorateError {
  const names = Object.keys(builtIn[kind])
  const begun = names.filter((name) => name.startsWith(chosen))
  const near = begun.length === 1 ? begun[0] : nearest(chosen, [...names, ...Object.values(builtIn[kind])])
  const [otherKind] = Object.entries(builtIn).find(([, modules]) => Object.hasOwn(modules, chosen)) ?? []
  const hint =
    near !== undefined ? `; did you mean "${near}"?` : otherKind !== undefined ? `: it is for ${otherKind}.` : '.'
  return new QuorateError(
    'QUORATE_UNKNOWN_ALGORITHM',
    `no ${kind} "${chosen}"${hint} Ours are ${names.join(', ')}; any other is the name of a module that can be imported from the working directory`,
    { kind, name: chosen, nearest: near },
    { cause },
  )
}
