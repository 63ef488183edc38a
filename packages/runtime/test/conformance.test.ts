import { diskConformance, environmentConformance, type Conditions } from '@quorate/conformance'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { NodeDisk, ProcessHost } from '../src/index.js'

const root = mkdtempSync(join(tmpdir(), 'quorate-conformance-'))
afterAll(() => rmSync(root, { recursive: true }))

const freshDisk = (): NodeDisk => new NodeDisk(mkdtempSync(join(root, 'disk-')))

async function drive(conditions: Conditions): Promise<void> {
  for (const holds of conditions) while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

diskConformance(
  { name: 'node-disk', create: freshDisk, reopen: ({ folder }) => new NodeDisk(folder) },
  { describe, it, drive },
)

environmentConformance(
  {
    name: 'process-host',
    start: (protocol) => {
      const stores = openWriteAheadLog(freshDisk())
      const host = new ProcessHost({ self: { id: 'n1', incarnation: 1 }, stores, transmit: () => {}, protocol })
      host.start()
      return host
    },
  },
  { describe, it, drive },
)
