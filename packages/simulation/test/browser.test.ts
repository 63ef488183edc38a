import * as core from '@quorate/core'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, normalize, resolve } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as simulation from '../src/index.js'
import { hashes } from './elsewhere/workload.mjs'

const packages = resolve(import.meta.dirname, '../..')
const executablePath = process.env['QUORATE_CHROMIUM'] ?? '/usr/bin/chromium'

/** What the browser loads: modules as they were built, found by an import map; nothing is bundled. */
const page = `<!doctype html>
<script type="importmap">
  { "imports": { "@quorate/core": "/core/dist/index.js", "@quorate/simulation": "/simulation/dist/index.js" } }
</script>
<script type="module">
  import * as core from '@quorate/core'
  import * as simulation from '@quorate/simulation'
  import { hashes } from '/simulation/test/elsewhere/workload.mjs'
  try {
    window.result = hashes(core, simulation)
  } catch (error) {
    window.result = String(error.stack)
  }
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

const missing = !existsSync(executablePath)
if (missing && process.env['CI'] !== 'true') {
  describe('in a browser', () => {
    it.skip(`a seed is the same run: there is no chromium at ${executablePath}; install it or name one as QUORATE_CHROMIUM`, () => {})
  })
} else {
  describe('in a browser', () => {
    let server: Server
    let context: BrowserContext
    const profile = mkdtempSync(join(tmpdir(), 'quorate-chromium-'))

    beforeAll(async () => {
      server = await served()
      context = await chromium.launchPersistentContext(profile, {
        executablePath,
        headless: true,
        chromiumSandbox: false,
        args: [
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      })
    }, 60_000)

    afterAll(async () => {
      await context?.close()
      server?.close()
      rmSync(profile, { recursive: true, force: true })
    })

    it('a seed is the same run, of the modules as they are published', async () => {
      const tab = await context.newPage()
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      const result = await tab.waitForFunction('window.result', undefined, { timeout: 60_000 })
      expect(await result.jsonValue()).toEqual(hashes(core, simulation))
    })
  })
}
