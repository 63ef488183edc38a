import * as detection from '@quorate/failure-detection'
import * as election from '@quorate/election'
import * as simulation from '@quorate/simulation'
import * as voting from '@quorate/voting'
import * as writeAheadLog from '@quorate/write-ahead-log'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, normalize, resolve } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const packages = resolve(import.meta.dirname, '../../../packages')
const executablePath = process.env['QUORATE_CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(executablePath)
if (missing && process.env['CI'] === 'true') throw new Error(`under CI this must run: no chromium at ${executablePath}`)
const title = `in a browser${missing ? ` (skipped: there is no chromium at ${executablePath}; install it or name one as QUORATE_CHROMIUM)` : ''}`

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** The pure packages that a node stands on: what each offers, and where the server below has it as it was built. */
const imports = Object.fromEntries(
  Object.keys((read(resolve(import.meta.dirname, '../package.json')) as Manifest).dependencies)
    .filter((name) => name.startsWith('@quorate/'))
    .map((name) => ({ name, folder: name.slice('@quorate/'.length) }))
    .filter(({ folder }) => {
      const { extends: base } = read(join(packages, folder, 'tsconfig.json')) as { readonly extends: string }
      return base.endsWith('tsconfig.pure.json')
    })
    .flatMap(({ name, folder }) =>
      Object.entries((read(join(packages, folder, 'package.json')) as Manifest).exports).flatMap(([subpath, target]) =>
        typeof target === 'string' ? [] : [[join(name, subpath), join('/', folder, target.default)] as const],
      ),
    ),
)

interface Modules {
  readonly simulation: typeof simulation
  readonly detection: typeof detection
  readonly election: typeof election
  readonly voting: typeof voting
  readonly writeAheadLog: typeof writeAheadLog
}

/** Runs each algorithm under the faults that it declares. The browser gets its text, so it knows nothing but its argument. */
function runs({ simulation, detection, election, voting, writeAheadLog }: Modules): string[] {
  return [1, 2, 3].flatMap((seed) =>
    [
      simulation.runFailureDetector(detection.phiAccrual, { nodes: 5, seed }),
      simulation.runFailureDetector(detection.timeout, { nodes: 5, seed }),
      simulation.runElection(election.timestamp, { nodes: 5, seed, stores: writeAheadLog.openWriteAheadLog }),
      simulation.runElection(election.bully, { nodes: 5, seed }),
      simulation.runElection(election.raft, { nodes: 5, seed, stores: writeAheadLog.openWriteAheadLog }),
      simulation.runAgreement(voting.threshold, { nodes: 5, seed }),
      simulation.runAgreement(voting.floodMin, { nodes: 5, seed }),
    ].map(
      ({ command, events, hash, violations }) => `${command}: ${events} events, ${violations.length} wrong, ${hash}`,
    ),
  )
}

const page = `<!doctype html>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  const names = ${JSON.stringify(Object.keys(imports))}
  window.loaded = Promise.all(names.map(async (name) => [name, await import(name)])).then(Object.fromEntries)
</script>`

function served(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url as string, 'http://localhost').pathname)
    if (path === '/') {
      response.setHeader('content-type', 'text/html').end(page)
      return
    }
    readFile(join(packages, path)).then(
      (file) => response.setHeader('content-type', 'text/javascript').end(file),
      () => response.writeHead(404).end(),
    )
  })
  return new Promise((resolved) => server.listen(0, '127.0.0.1', () => resolved(server)))
}

describe.skipIf(missing)(title, () => {
  let server: Server
  let context: BrowserContext
  const profile = mkdtempSync(join(tmpdir(), 'quorate-chromium-'))

  beforeAll(async () => {
    server = await served()
    context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      chromiumSandbox: false,
      args: ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
    })
  })

  afterAll(async () => {
    await context?.close()
    server?.close()
    rmSync(profile, { recursive: true, force: true })
  })

  it('every pure package of a node loads, and every algorithm makes the same run of a seed as here', async () => {
    const tab = await context.newPage()
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const there = await tab.evaluate(`window.loaded.then((modules) => (${runs.toString()})({
      simulation: modules['@quorate/simulation'],
      detection: modules['@quorate/failure-detection'],
      election: modules['@quorate/election'],
      voting: modules['@quorate/voting'],
      writeAheadLog: modules['@quorate/write-ahead-log'],
    }))`)
    expect(there).toEqual(runs({ simulation, detection, election, voting, writeAheadLog }))
  })
})
